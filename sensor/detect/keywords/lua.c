/* keywords/lua.c - "lua:script.lua;" is refused: rules are data here, and no program comes with
 * them.
 */
#include "sensor/detect/keyword.h"

static int lua_parse(struct build *b, struct bytes value, const void **arg, struct err *err)
{
    (void)b;
    (void)value;
    (void)arg;
    return err_set(err, "scripts are not run by this sensor");
}

const struct keyword keyword_lua = {
    .name = "lua",
    .aliases = "luajit",
    .summary = "refused: scripts are not run",
    .parse = lua_parse,
};
