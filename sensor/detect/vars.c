/* sensor/detect/vars.c - $VARIABLES of rule headers, with Suricata's defaults. */
#include "common/err.h"
#include "sensor/detect/group.h"

struct rule_var {
    enum rule_var_kind kind;
    char *name, *value;
};
struct rule_vars {
    struct rule_var *rows;
    size_t count, cap;
};

static const struct {
    enum rule_var_kind kind;
    const char *name, *value;
} default_vars[] = {
    {RULE_VAR_ADDRESS, "HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]"},
    {RULE_VAR_ADDRESS, "EXTERNAL_NET", "!$HOME_NET"},
    {RULE_VAR_ADDRESS, "HTTP_SERVERS", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "SMTP_SERVERS", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "SQL_SERVERS", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "DNS_SERVERS", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "TELNET_SERVERS", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "AIM_SERVERS", "$EXTERNAL_NET"},
    {RULE_VAR_ADDRESS, "DC_SERVERS", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "DNP3_SERVER", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "DNP3_CLIENT", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "MODBUS_CLIENT", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "MODBUS_SERVER", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "ENIP_CLIENT", "$HOME_NET"},
    {RULE_VAR_ADDRESS, "ENIP_SERVER", "$HOME_NET"},
    {RULE_VAR_PORT, "HTTP_PORTS", "80"},
    {RULE_VAR_PORT, "SHELLCODE_PORTS", "!80"},
    {RULE_VAR_PORT, "ORACLE_PORTS", "1521"},
    {RULE_VAR_PORT, "SSH_PORTS", "22"},
    {RULE_VAR_PORT, "DNP3_PORTS", "20000"},
    {RULE_VAR_PORT, "MODBUS_PORTS", "502"},
    {RULE_VAR_PORT, "FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
    {RULE_VAR_PORT, "FTP_PORTS", "21"},
    {RULE_VAR_PORT, "GENEVE_PORTS", "6081"},
    {RULE_VAR_PORT, "VXLAN_PORTS", "4789"},
    {RULE_VAR_PORT, "TEREDO_PORTS", "3544"},
    {RULE_VAR_PORT, "SIP_PORTS", "[5060,5061]"},
};

struct rule_vars *rule_vars_new(void)
{
    struct rule_vars *v = calloc(1, sizeof *v);
    ASSERT(v);
    for (size_t i = 0; i < sizeof default_vars / sizeof *default_vars; i++)
        rule_vars_set(v, default_vars[i].kind, default_vars[i].name, default_vars[i].value);
    return v;
}

void rule_vars_free(struct rule_vars *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->count; i++) {
        free(v->rows[i].name);
        free(v->rows[i].value);
    }
    free(v->rows);
    free(v);
}

static struct rule_var *find(const struct rule_vars *v, enum rule_var_kind kind, struct bytes name)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->rows[i].kind == kind && bytes_eq(bytes_str(v->rows[i].name), name))
            return &v->rows[i];
    return NULL;
}

const char *rule_vars_get(const struct rule_vars *v, enum rule_var_kind kind, struct bytes name)
{
    const struct rule_var *row = find(v, kind, name);
    return row ? row->value : NULL;
}

void rule_vars_set(struct rule_vars *v, enum rule_var_kind kind, const char *name,
                   const char *value)
{
    char *copy = strdup(value);
    ASSERT(copy);
    struct rule_var *row = find(v, kind, bytes_str(name));
    if (row) {
        free(row->value);
        row->value = copy;
        return;
    }
    if (v->count == v->cap) {
        v->cap = v->cap ? v->cap * 2 : 32;
        v->rows = realloc(v->rows, v->cap * sizeof *v->rows);
        ASSERT(v->rows);
    }
    v->rows[v->count] = (struct rule_var){.kind = kind, .name = strdup(name), .value = copy};
    ASSERT(v->rows[v->count].name);
    v->count++;
}

void rule_vars_each(const struct rule_vars *v, rule_var_fn *each, void *ctx)
{
    for (size_t i = 0; i < v->count; i++)
        each(ctx, v->rows[i].kind, v->rows[i].name, v->rows[i].value);
}

/* ---- address groups for others ---- */
struct rule_address_set {
    struct group group;
};

struct rule_address_set *rule_vars_address(const struct rule_vars *v, const char *text,
                                           struct err *err)
{
    struct rule_address_set *s = calloc(1, sizeof *s);
    ASSERT(s);
    if (group_parse(v, RULE_VAR_ADDRESS, bytes_str(text), &s->group, err) == 0)
        return s;
    free(s);
    return NULL;
}

bool rule_address_holds(const struct rule_address_set *s, const struct addr *a)
{
    return group_holds_addr(&s->group, a);
}

bool rule_address_holds_ipv6(const struct rule_address_set *s)
{
    return s->group.v6.count > 0;
}

void rule_address_free(struct rule_address_set *s)
{
    if (!s)
        return;
    group_release(&s->group);
    free(s);
}
