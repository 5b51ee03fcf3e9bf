/* tests/fuzz/fuzz_alert.c - a stream entry as the analyzer reads it, and everything that is made of
 * it: row, JSON for the console, mail. The first byte chooses alerts or statistics. */
#include "analyzer/ingest/record.h"
#include "analyzer/notice/compose.h"
#include "analyzer/notice/mail.h"
#include "common/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted has to be fit for every reader behind. */
static void show_alert(const struct alert_row *a)
{
    struct json j = {0};
    char clean[300];
    size_t len;
    ASSERT(a->severity >= 1 && a->severity <= 4);
    ASSERT(strlen(a->signature) < 1024 && strlen(a->host) < 256);
    ASSERT(text_utf8_valid(bytes_str(a->signature)) == strlen(a->signature));
    alert_row_json(&j, a, true);
    cJSON *again = cJSON_ParseWithLength(j.text, j.len);
    ASSERT(again);
    cJSON_Delete(again);
    json_release(&j);
    clean_text(a->host, clean, sizeof clean);
    ASSERT(!strpbrk(clean, "\r\n"));
    struct notice_row n = {.name = a->host,
                           .address = a->src,
                           .subject = a->signature,
                           .body = a->category,
                           .lane = "working"};
    char *mail = mail_format(&n, "a@b.example", &len);
    ASSERT(!strstr(mail, "\nBcc:"));
    free(mail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record r;
    if (size == 0)
        return 0;
    enum record_kind kind = data[0] == 's' ? RECORD_STATS : RECORD_ALERT;
    const char *why = record_read(&r, kind, "min-a", bytes_of(data + 1, size - 1));
    if (!why && kind == RECORD_ALERT)
        show_alert(&r.alert);
    if (!why && kind == RECORD_STATS)
        ASSERT(r.stats.ledger.count <= LEDGER_EPOCHS_MAX);
    record_release(&r);
    return 0;
}
