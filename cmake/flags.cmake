# One interface target carries the warnings and the sanitizer of the whole tree.
add_library(engine_flags INTERFACE)
target_compile_options(engine_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Werror
  -Wno-missing-field-initializers  # Designated initialisers: what is not named has its default.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>)  # GCC 12 misfires on variant, string.
if(ENGINE_TOGETHER)  # GCC takes a unit among others for a header, in which a local type may not be used so.
  target_compile_options(engine_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
target_compile_definitions(engine_flags INTERFACE ENGINE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                  ENGINE_VERSION="${PROJECT_VERSION}")
if(ENGINE_SANITIZE)
  target_compile_options(engine_flags INTERFACE -fsanitize=${ENGINE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(engine_flags INTERFACE -fsanitize=${ENGINE_SANITIZE})
endif()
