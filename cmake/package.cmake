# `cpack -G DEB` in the build's directory makes a Debian package; script/package does both.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DOCDIR ${CMAKE_INSTALL_DATADIR}/doc/execution-engine)
install(TARGETS execution-engine RUNTIME)
install(DIRECTORY languages DESTINATION ${CMAKE_INSTALL_DATADIR}/execution-engine FILES_MATCHING PATTERN *.toml)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES deploy/engine.toml DESTINATION /etc/execution-engine)
install(FILES deploy/systemd/execution-engine.service deploy/systemd/execution-engine-worker.service
        DESTINATION lib/systemd/system)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME execution-engine)
set(CPACK_PACKAGE_VENDOR "Execution Engine")
set(CPACK_PACKAGE_CONTACT "Execution Engine's developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compiles and runs foreign code in isolated boxes")
string(CONCAT CPACK_PACKAGE_DESCRIPTION
    "A server that compiles and runs large volumes of foreign code in isolated boxes\n"
    "without network, under strict limits, and returns verdict, measurements and\n"
    "output over HTTP. Scales out over Redis, PostgreSQL and Google Cloud Storage.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# Whatever the umask of who builds it.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "passwd, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gcc, g++, libc6-dev, python3, mold, gcc-12-plugin-dev")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nodejs, default-jdk-headless, golang-go, rustc")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/deploy/debian/postinst ${CMAKE_SOURCE_DIR}/deploy/debian/prerm
    ${CMAKE_SOURCE_DIR}/deploy/debian/postrm ${CMAKE_SOURCE_DIR}/deploy/debian/conffiles)
include(CPack)
