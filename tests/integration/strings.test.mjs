/*
 * Strings that break other programs (../shared/data/strings), byte for byte through API, pages, JSON lines and guarded CSV; what no
 * text may hold is refused.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deepEqual, equal, ok, skip, test } from "../web/harness.mjs";
import { Place, inPlace, postgres, shared } from "./place.mjs";

const source = join(shared, "strings/blns.json");
const folder = mkdtempSync(join(tmpdir(), "reeve-strings-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/* Beside the list: what spreadsheets run, what CSV and our own guard could confuse, and the edges of Unicode. */
const own = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "'", "''", "'quoted'", "=\"a\"\"b\"", "a,b;c\td", "\"", "\"\"", "line\nline", "line\r\nline",
	" lead", "trail ", "\u00a0", "\u2028\u2029", "\ufeff", "\uffff", "\u{10ffff}", "e\u0301 \u00e9", "\u202eabc", "{{title}}", "%s%n", "${x}", "\u0001\u001f\u007f\u0085",
	"&lt;&amp;&#39;", "</textarea><script>alert(1)</script>", "<server name>", "-->", "]]>", "a\u0300".repeat(50)];

function strings() {
	if (!existsSync(source)) skip(`${source} is not there`);
	return [...new Set([...JSON.parse(readFileSync(source, "utf8")), ...own])];
}

const named = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: "\u00a0" };
const decode = (html) => html.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, number, hex, name) =>
	number ? String.fromCodePoint(Number(number)) : hex ? String.fromCodePoint(parseInt(hex, 16)) : named[name] ?? all);

/* What a browser makes of a source: line ends are one character. */
const browsed = (words) => words.replace(/\r\n?/g, "\n");

const TAG = /<([a-z][a-z0-9-]*)(?:\s+[^\s=>"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?|\s+|\/)*>/gi;

/* Reads the page's tags as a browser does: none runs anything that people typed. */
function harmless(page, where) {
	for (const [tag, name] of page.matchAll(TAG)) {
		if (name === "script") ok(/ src="\/assets\//.test(tag), `${where}: ${tag}`);
		for (const [, attribute, value] of tag.slice(name.length + 1).matchAll(/([^\s=>"']+)(?:\s*=\s*"([^"]*)")?/g)) {
			ok(!/^on/i.test(attribute), `${where}: ${tag}`);
			ok(!/^\s*(javascript|vbscript|data):/i.test(decode(value ?? "")), `${where}: ${tag}`);
		}
	}
	equal(page.match(/<[a-z]/gi).length, page.match(TAG).length, `${where}: every tag is whole`);
}

const API = "/api/v1/incident";

async function inBatches(items, work) {
	const rest = [...items.entries()];
	await Promise.all(Array.from({ length: 8 }, async () => {
		for (let next; (next = rest.shift());) await work(next[1], next[0]);
	}));
}

/* A title that is taken is what it was; a title that is not is refused with its field named. */
async function patchTitle(place, number, words) {
	const answer = await place.api("agent", "PATCH", `${API}/${number}`, { title: words });
	if (answer.status === 200) {
		equal(answer.body.title, words);
		return words;
	}
	equal(answer.status, 422, JSON.stringify(answer.body));
	equal(answer.body.errors[0].field, "title");
	ok(/[\n\r]/.test(words) || words.trim() === "" || Buffer.byteLength(words) > 200 || /\p{Cc}|\p{Zl}|\p{Zp}/u.test(words), `a title that is refused: ${JSON.stringify(words)}`);
	return null;
}

async function throughApi(place, list) {
	const made = [];
	await inBatches(list, async (words, index) => {
		const answer = await place.api("agent", "POST", API, { title: `string ${index}`, description: words, impact: "low", urgency: "low" });
		equal(answer.status, 201, `${JSON.stringify(words)}: ${JSON.stringify(answer.body)}`);
		const { number } = answer.body, one = { number, words, title: `string ${index}` };
		made[index] = one;
		equal(answer.body.description ?? "", words);
		one.title = (await patchTitle(place, number, words)) ?? one.title;
		const comment = await place.api("agent", "POST", `${API}/${number}/comments`, { text: words, visibility: "internal" });
		if (comment.status !== 201) {
			equal(comment.status, 422, `${JSON.stringify(words)}: ${JSON.stringify(comment.body)}`);
			ok(!/[^\p{Z}\p{Cc}\p{Cf}]/u.test(words), `a comment that is refused: ${JSON.stringify(words)}`);
		} else {
			equal(comment.body.comment, words);
			one.comment = words;
		}
		const { body } = await place.api("agent", "GET", `${API}/${number}`);
		deepEqual([body.title, body.description ?? ""], [one.title, words]);
		const comments = (await place.history("agent", "incident", number)).filter((event) => event.kind === "comment");
		deepEqual(comments.map((event) => event.comment), one.comment === undefined ? [] : [words]);
	});
	return made;
}

async function throughPages(place, made) {
	await inBatches(made, async ({ number, title, words }) => {
		const headers = { Accept: "text/html" };
		const page = (await place.api("agent", "GET", `/incident/${number}`, undefined, headers)).body;
		const heading = /<h1>([^]*?)<\/h1>/.exec(page);
		equal(decode(heading[1]), title, "the heading");
		equal(page.includes("<!-- raw HTML omitted -->"), false, `nothing is left out of ${JSON.stringify(words)}`);
		harmless(page, number);
		const form = (await place.api("agent", "GET", `/incident/${number}/edit`, undefined, headers)).body;
		const input = /<input type="text" name="title" value="([^"]*)"/.exec(form), area = /<textarea name="description"[^>]*>([^]*?)<\/textarea>/.exec(form);
		equal(decode(input[1]), title, "the title's field");
		/* Browsers drop one line end right after the tag. */
		equal(browsed(decode(area[1])).replace(/^\n/, ""), browsed(words).replace(/^\n(?=)/, area[1].startsWith("\n\n") ? "\n" : ""), "the description's field");
	});
}

/* Into an empty store and out again: the same words at the same numbers. */
async function throughFile(place, made, format, other) {
	const path = join(folder, `incidents.${format}`);
	writeFileSync(path, (await place.command(["export", "incident", "--format", format, "--fields", "number,title,description"], { bytes: true })).out);
	const report = JSON.parse(await other.cli("import", "incident", path, "--json"));
	deepEqual([report.new, report.refused], [made.length, 0], JSON.stringify(report.refusals));
	const records = new Map((await other.records("incident")).map((record) => [record.number, record]));
	for (const { number, title, words } of made)
		deepEqual([records.get(number)?.title, records.get(number)?.description ?? ""], [title, words], `${number} through ${format}`);
	const again = JSON.parse(await other.cli("import", "incident", path, "--json"));
	deepEqual([again.new, again.changed, again.refused], [0, 0, 0], "twice");
	return readFileSync(path, "utf8");
}

/* All cells of a CSV text, as RFC 4180 has them. */
function cells(csv) {
	return [...csv.matchAll(/"((?:[^"]|"")*)"|[^,\r\n"]+/g)].map(([plain, quoted]) => (quoted === undefined ? plain : quoted.replaceAll('""', '"')));
}

async function all(place) {
	const list = strings(), others = [new Place(), new Place()];
	try {
		await place.start();
		await place.person("agent");
		const made = await throughApi(place, list);
		await throughPages(place, made);
		await throughFile(place, made, "jsonl", others[0]);
		const csv = await throughFile(place, made, "csv", others[1]);
		for (const cell of cells(csv)) ok(!/^[=+\-@\t\r]/.test(cell), `a spreadsheet would run ${JSON.stringify(cell)}`);
		await place.cli("verify");
		console.log(`      ${made.length} strings, ${made.filter(({ title, words }) => title === words).length} of them also as titles`);
	} finally {
		for (const other of others) await other.remove();
	}
}

for (const kind of ["SQLite", "PostgreSQL"])
	test(`${kind}: nasty strings come back byte for byte through API, pages, JSON lines and CSV`, async () => {
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
		await inPlace(kind, all);
	}, 120000);

test("what no text may hold is refused everywhere", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start();
		await place.person("agent");
		const { number } = (await place.api("agent", "POST", API, { title: "target" })).body;
		const raw = (bytes) => Buffer.concat(bytes.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));
		const send = async (method, path, body) => (await place.api("agent", method, path, body)).status;
		for (const [words, status] of [["\\u0000", 422], ["a\\u0000b", 422], ["\\ud800", 400], ["\\udc00", 400], ["\\ud83d", 400], ["\\ud83dx", 400], ["\\udc00\\ud800", 400]]) {
			equal(await send("POST", API, `{"title":"x","description":"${words}"}`), status, words);
			equal(await send("PATCH", `${API}/${number}`, `{"title":"${words}"}`), status, words);
			equal(await send("POST", `${API}/${number}/comments`, `{"text":"${words}"}`), status, words);
		}
		for (const bytes of [[0xff], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc3], [0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
			equal(await send("POST", API, raw(['{"title":"x","description":"', bytes, '"}'])), 400, `bytes ${bytes}`);
			equal(await send("PATCH", `${API}/${number}`, raw(['{"', bytes, '":1}'])), 400, `bytes ${bytes} in a key`);
			equal(await send("POST", `${API}/${number}/comments`, raw(['{"text":"', bytes, '"}'])), 400, `bytes ${bytes}`);
		}
		equal((await place.api("agent", "GET", `${API}/${number}`)).body.version, 1, "nothing was changed");
		/* The same in files: told with their line, the others go on. */
		const path = join(folder, "bad.jsonl");
		writeFileSync(path, raw(['{"number":"INC0000100","title":"good"}\n', '{"number":"INC0000101","title":"', [0xff], '"}\n', '{"number":"INC0000102","title":"\\ud800"}\n',
			'{"number":"INC0000103","title":"\\u0000"}\n', '{"number":"INC0000104","title":\n', '{"number":"INC0000105","title":"good too"}']));
		const report = JSON.parse(await place.cli("import", "incident", path, "--json"));
		deepEqual([report.new, report.refusals.map(({ line }) => line)], [2, [2, 3, 4, 5]], JSON.stringify(report));
	});
});
