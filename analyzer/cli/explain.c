/* analyzer/cli/explain.c - see explain.h. Everything here may come from the wire, so whatever is
 * printed is scrubbed first. */
#include "analyzer/cli/explain.h"
#include "common/text.h"
#include <stdio.h>
#include <stdlib.h>

#define CELL_MAX 512

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(member(object, name));
    return value ? value : "";
}

static unsigned long long number(const cJSON *object, const char *name)
{
    const cJSON *n = member(object, name);
    return cJSON_IsNumber(n) && n->valuedouble > 0 ? (unsigned long long)n->valuedouble : 0;
}

/* ---- bytes ---- */
static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool stands_for_itself(int byte)
{
    return byte >= 0x20 && byte < 0x7f && !strchr("|\";\\", byte);
}

/* "47 45 0d" in hex as a content would write it: GE|0d|. */
static void to_content(const char *hex, char *out, size_t cap)
{
    size_t n = 0;
    bool bars = false;
    for (; digit(hex[0]) >= 0 && digit(hex[1]) >= 0 && n + 6 < cap; hex += 2) {
        int byte = digit(hex[0]) << 4 | digit(hex[1]);
        bool plain = stands_for_itself(byte);
        if (plain == bars)
            out[n++] = '|';
        else if (bars)
            out[n++] = ' ';
        bars = !plain;
        if (plain)
            out[n++] = (char)byte;
        else
            n += (size_t)snprintf(out + n, 3, "%02x", (unsigned)byte);
    }
    if (bars)
        out[n++] = '|';
    out[n] = 0;
}

/* ---- lines ---- */
static void put_place(const cJSON *match, char *out, size_t cap)
{
    unsigned long long offset = number(match, "offset"), length = number(match, "length");
    if (cJSON_IsTrue(member(match, "absent")))
        snprintf(out, cap, "absent");
    else if (member(match, "stream_offset"))
        snprintf(out, cap, "%llu+%llu in stream", number(match, "stream_offset"), length);
    else if (member(match, "offset"))
        snprintf(out, cap, "%llu+%llu", offset, length);
    else if (member(match, "number"))
        snprintf(out, cap, "is %llu", number(match, "number"));
    else if (member(match, "size"))
        snprintf(out, cap, "%llu bytes", number(match, "size"));
    else
        snprintf(out, cap, "holds");
}

static void put_rule(const cJSON *part, char *out, size_t cap)
{
    const char *value = text(part, "value");
    snprintf(out, cap, "%s%s%s", text(part, "keyword"), *value ? ":" : "", value);
    text_scrub(out);
}

static void print_match(const cJSON *match, bool colour)
{
    char buffer[CELL_MAX], place[64], rule[CELL_MAX], bytes[CELL_MAX];
    const cJSON *instance = member(match, "instance");
    snprintf(buffer, sizeof buffer, "%s", text(match, "buffer"));
    if (instance)
        snprintf(buffer, sizeof buffer, "%s [%llu]", text(match, "buffer"),
                 number(match, "instance"));
    text_scrub(buffer);
    put_place(match, place, sizeof place);
    put_rule(match, rule, sizeof rule);
    to_content(text(match, "hex"), bytes, sizeof bytes);
    bool cut = number(match, "length") > strlen(text(match, "hex")) / 2;
    printf("    %-24s %-18s %-32s %s%s%s%s\n", buffer, place, rule, colour ? "\033[32m" : "", bytes,
           colour ? "\033[0m" : "", cut ? " ..." : "");
}

static void print_condition(const cJSON *condition)
{
    char rule[CELL_MAX];
    put_rule(condition, rule, sizeof rule);
    printf("    %-24s %-18s %s\n", "", "holds", rule);
}

static void print_heading(const cJSON *alert, bool colour)
{
    const cJSON *a = member(alert, "alert");
    char line[1024];
    snprintf(line, sizeof line, "%llu:%llu  %s", number(a, "gid"), number(a, "signature_id"),
             text(a, "signature"));
    text_scrub(line);
    printf("%s%s%s\n", colour ? "\033[1m" : "", line, colour ? "\033[0m" : "");
    snprintf(line, sizeof line, "%s  packet %llu  %s port %llu to %s port %llu",
             text(alert, "timestamp"), number(alert, "pcap_cnt"), text(alert, "src_ip"),
             number(alert, "src_port"), text(alert, "dest_ip"), number(alert, "dest_port"));
    text_scrub(line);
    printf("    %s\n", line);
}

void explain_print(const cJSON *alert, bool colour)
{
    const cJSON *explain = member(member(alert, "sekisho"), "explain"), *part;
    if (!explain)
        return;
    print_heading(alert, colour);
    cJSON_ArrayForEach(part, member(explain, "matches"))
    {
        print_match(part, colour);
    }
    cJSON_ArrayForEach(part, member(explain, "conditions"))
    {
        print_condition(part);
    }
    if (cJSON_IsTrue(member(explain, "truncated")))
        printf("    ... and more matches than are kept\n");
    printf("\n");
}
