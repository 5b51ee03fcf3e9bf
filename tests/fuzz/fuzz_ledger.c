/* tests/fuzz/fuzz_ledger.c - what a damaged disk may hold as a spool: segments, slots, the object.
 *
 * The first byte chooses; what was read must be written and read again as the same. */
#include "common/ledger.h"
#include "common/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_object(struct bytes b)
{
    struct ledger first, second;
    struct json j = {0};
    if (ledger_parse(b, &first, NULL) != 0)
        return;
    ledger_json(&first, &j);
    ASSERT(ledger_parse(json_bytes(&j), &second, NULL) == 0);
    ASSERT(first.count == second.count && first.mark_segment == second.mark_segment);
    ASSERT(memcmp(first.epochs, second.epochs, first.count * sizeof first.epochs[0]) == 0);
    json_release(&j);
}

static void try_slot(struct bytes b)
{
    struct ledger l;
    uint64_t generation;
    char slot[LEDGER_SLOT_BYTES];
    if (!ledger_slot_read(b, &l, &generation))
        return;
    size_t len = ledger_slot_write(&l, generation, slot);
    ASSERT(ledger_slot_read(bytes_of(slot, len), &l, &generation));
}

static void try_segment(struct bytes b)
{
    struct segment_header h;
    struct segment_record r;
    size_t size;
    uint64_t number = segment_header_read(b, &h) ? h.number : 1;
    b = bytes_slice(b, SEGMENT_HEADER_BYTES, b.len);
    while (segment_record_read(b, number, &r, &size) == SEGMENT_OK) {
        ASSERT(size == segment_record_size(&r) && size <= b.len);
        uint8_t *out = malloc(size);
        ASSERT(out);
        segment_record_write(&r, number, out);
        ASSERT(memcmp(out, b.p, 6) == 0 && memcmp(out + 8, b.p + 8, 24) == 0);
        free(out);
        b = bytes_slice(b, size, b.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct bytes) = {try_object, try_slot, try_segment};
    if (size)
        tries[data[0] % 3](bytes_of(data + 1, size - 1));
    return 0;
}
