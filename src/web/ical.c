/* iCalendar texts, line by line. What people wrote can hold anything: it is escaped, folded between characters, and control characters go. */
#include "web/ical.h"

#define LINE_BYTES 75

/* One content line: at most 75 bytes, then CR LF and a blank; never within a UTF-8 character. */
static void write_line(struct buffer *out, text line)
{
	size_t room = LINE_BYTES;

	while (line.length > room) {
		size_t cut = room;
		while (cut > 1 && ((unsigned char)line.data[cut] & 0xC0) == 0x80)
			cut--;
		buffer_bytes(out, line.data, cut);
		buffer_literal(out, "\r\n ");
		line = text_slice(line, cut, line.length);
		room = LINE_BYTES - 1;
	}
	buffer_text(out, line);
	buffer_literal(out, "\r\n");
}

/* Backslash, semicolon, comma and line breaks are written with a backslash. */
static void escape(struct buffer *out, text value)
{
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.data[i];

		if (c == '\r')
			continue;
		if (c == '\n') {
			buffer_literal(out, "\\n");
			continue;
		}
		if (c == '\\' || c == ';' || c == ',')
			buffer_char(out, '\\');
		if (c >= 0x20 && c != 0x7F)
			buffer_char(out, (char)c);
	}
}

static void write_text(struct buffer *out, const char *name, text value)
{
	struct buffer line;

	if (!text_is_set(value) || text_is_empty(value))
		return;
	buffer_init(&line, out->arena, 2 * value.length + 64);
	buffer_text(&line, text_from(name));
	buffer_char(&line, ':');
	escape(&line, value);
	write_line(out, buffer_peek(&line));
}

static void write_moment(struct buffer *out, const char *name, moment at)
{
	struct civil civil = zone_civil(zone_utc(), at);

	buffer_format(out, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, civil.year, civil.month, civil.day,
	              (int)(civil.ms_of_day / HOUR_MS), (int)(civil.ms_of_day / MINUTE_MS % 60),
	              (int)(civil.ms_of_day / SECOND_MS % 60));
}

void ical_begin(struct buffer *out, text name)
{
	buffer_literal(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Reeve//Schedule//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n");
	write_text(out, "X-WR-CALNAME", name);
	buffer_literal(out, "REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\nX-PUBLISHED-TTL:PT15M\r\n");
}

void ical_event(struct buffer *out, const struct ical_event *event)
{
	buffer_literal(out, "BEGIN:VEVENT\r\n");
	write_text(out, "UID", event->uid);
	write_moment(out, "DTSTAMP", event->stamp);
	buffer_format(out, "SEQUENCE:%lld\r\n", (long long)event->sequence);
	write_moment(out, "DTSTART", event->from);
	write_moment(out, "DTEND", event->to);
	write_text(out, "SUMMARY", event->summary);
	write_text(out, "DESCRIPTION", event->description);
	write_text(out, "CATEGORIES", event->category);
	/* An address is no text: nothing in it is escaped, and ours have nothing that would need it. */
	if (text_is_set(event->url))
		write_line(out, text_format(out->arena, "URL:%.*s", TEXT_ARG(event->url)));
	buffer_format(out, "STATUS:%s\r\nTRANSP:%s\r\nEND:VEVENT\r\n", event->status == ICAL_CONFIRMED ? "CONFIRMED" : "TENTATIVE",
	              event->free ? "TRANSPARENT" : "OPAQUE");
}

void ical_end(struct buffer *out)
{
	buffer_literal(out, "END:VCALENDAR\r\n");
}
