/* Translation catalogues: gettext's .po files, read strictly. For words.c and its tests; others use words.h. */
#ifndef REEVE_BASE_PO_H
#define REEVE_BASE_PO_H

#include "base/error.h"

#define PO_FORMS_MAX 6

struct po;

/*
 * Reads a catalogue. ERROR_DEFINITION with file:line for anything gettext would not write, a message given twice, a
 * missing or wrong Plural-Forms where plurals are, and a charset other than UTF-8. Left out: fuzzy and empty translations.
 * Everything is copied into the arena.
 */
must_use struct error *po_parse(struct arena *arena, text file, text source, struct po **ret_po);
/* The translation of a message without plural, or unset. */
text po_find(const struct po *po, text message);
/* The translation for the number n of a message with plural, or unset. */
text po_find_plural(const struct po *po, text one, int64_t n);

#endif
