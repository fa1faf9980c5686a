/*
 * Every text for people comes from here: gettext catalogues (po/LANGUAGE.po, embedded at build time), with named
 * arguments "{name}" so that translators may reorder them. English is the source and always complete.
 */
#ifndef REEVE_BASE_WORDS_H
#define REEVE_BASE_WORDS_H
#include "base/value.h"
/* The translation of `source` into `language`, or `source` itself. Lives for ever. */
text words(text language, text source);
/* The same with "{name}" replaced from `arguments` (a map; numbers are written out). */
must_use text words_with(struct arena *arena, text language, text source, const struct value *arguments);
/* For counts: picks `one` for n == 1 (by the language's plural rule) else `many`; "{n}" is the number. */
must_use text words_count(struct arena *arena, text language, text one, text many, int64_t n);
#endif
