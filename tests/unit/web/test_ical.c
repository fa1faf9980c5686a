/* iCalendar: what is written is read back by libical as it was meant, and keeps to RFC 5545's lines. */
#include "test.h"

#include "base/arena.h"
#include "web/ical.h"

#include <libical/ical.h>

static text written(struct arena *arena, text summary, text description)
{
	struct buffer out;
	struct ical_event event = { .uid = T("CHG0000001@desk.example"), .stamp = INT64_C(1795338000000), .sequence = 3,
		                    .from = INT64_C(1795338000000), .to = INT64_C(1795345200000), .summary = summary,
		                    .description = description, .url = T("https://desk.example/change/CHG0000001"), .category = T("Normal") };

	buffer_init(&out, arena, 1 << 20);
	ical_begin(&out, T("Changes; all, of them"));
	ical_event(&out, &event);
	ical_end(&out);
	return buffer_peek(&out);
}

static void lines_are_short(text calendar)
{
	text rest = calendar, line;

	assert_true(text_ends_with(calendar, T("END:VCALENDAR\r\n")));
	while (text_cut(&rest, '\n', &line)) {
		assert_true(line.length <= 76); /* with the CR */
		assert_true(line.length == 0 || line.data[line.length - 1] == '\r');
		assert_true(text_is_utf8(line, NULL));
	}
}

static void reads_back(const char *summary, const char *description)
{
	struct arena *arena = arena_new(8 << 20);
	text calendar = written(arena, text_from(summary), text_from(description));
	icalcomponent *root = icalparser_parse_string(text_cstring(arena, calendar)), *event;

	lines_are_short(calendar);
	assert_non_null(root);
	assert_int_equal(icalcomponent_count_errors(root), 0);
	event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
	assert_non_null(event);
	assert_string_equal(icalcomponent_get_summary(event), summary);
	assert_string_equal(icalcomponent_get_description(event), description);
	assert_string_equal(icalcomponent_get_uid(event), "CHG0000001@desk.example");
	struct icaltimetype start = icalcomponent_get_dtstart(event), end = icalcomponent_get_dtend(event);
	assert_true(icaltime_is_utc(start) && icaltime_as_timet(start) == 1795338000 && icaltime_as_timet(end) == 1795345200);
	icalcomponent_free(root);
	arena_free(arena);
}

TEST(texts_are_read_back_as_they_were)
{
	reads_back("CHG0000001 Patch", "plain");
	reads_back("a; b, c \\ d: \"e\"", "line one\nline two\n\nBEGIN:VEVENT\nEND:VCALENDAR");
	reads_back("\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2\xE5\xAD\x97\xE6\xBC\xA2",
	           "\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80 end");
}

TEST(lines_of_every_length_are_folded)
{
	struct arena *arena = arena_new(64 << 20);
	char words[400];

	for (size_t length = 1; length < sizeof(words); length++) {
		memset(words, 'x', length);
		words[length - 1] = '\0';
		lines_are_short(written(arena, text_from(words), T("y")));
	}
	arena_free(arena);
}

TEST(control_characters_do_not_come_through)
{
	struct arena *arena = arena_new(1 << 20);
	text calendar = written(arena, T("a\tb\rc\x01 d\x7F"), T("x"));

	assert_true(text_find(calendar, T("SUMMARY:abc d\r\n")) > 0);
	arena_free(arena);
}
