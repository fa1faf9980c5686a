/*
 * Every text for people comes from here: gettext catalogues (po/LANGUAGE.po, embedded at build time), with named
 * arguments "{name}" so that translators may reorder them. English is the source and always complete.
 */
#ifndef REEVE_BASE_WORDS_H
#define REEVE_BASE_WORDS_H
#include "base/embed.h"
#include "base/value.h"
/*
 * Reads the catalogues "LANGUAGE.po" of an embedded table: once, by cli at start-up with embedded_words, before any other
 * thread begins. Without it everything is English. The arena must live for ever. ERROR_DEFINITION with file:line.
 */
must_use struct error *words_load(struct arena *arena, const struct embedded_file *table);
/* The translation of `source` into `language`, or `source` itself. Lives for ever. */
text words(text language, text source);
/* The same with "{name}" replaced from `arguments` (a map; numbers are written out). */
must_use text words_with(struct arena *arena, text language, text source, const struct value *arguments);
/* For counts (msgid and msgid_plural of the catalogue): picks `one` for n == 1 (by the language's plural rule) else `many`; "{n}" is the number. */
must_use text words_count(struct arena *arena, text language, text one, text many, int64_t n);
#endif
