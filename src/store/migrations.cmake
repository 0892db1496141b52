# embed_migrations(target dialect): compiles store/migrations/<dialect>/*.sql into the target, in the
# order of their names, as the array k<Dialect>Migrations of store/migrations.h.
function(embed_migrations target dialect)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/store/migrations/${dialect}/*.sql)
  list(SORT files)
  set(texts "")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    string(APPEND texts "    R\"sql(${text})sql\",\n")
  endforeach()
  string(SUBSTRING ${dialect} 0 1 initial)
  string(TOUPPER ${initial} initial)
  string(SUBSTRING ${dialect} 1 -1 rest)
  set(name ${initial}${rest})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${dialect}_migrations.cc)
  file(CONFIGURE OUTPUT ${generated} CONTENT [[
#include "store/migrations.h"

namespace engine {

static constexpr std::string_view k@name@Steps[] = {
@texts@};
const std::span<const std::string_view> k@name@Migrations(k@name@Steps);

}  // namespace engine
]] @ONLY)
  target_sources(${target} PRIVATE ${generated})
endfunction()

embed_migrations(store sqlite)
embed_migrations(store postgres)
