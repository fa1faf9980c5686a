/*
 * The public incident log (../shared/data) through its map, and back out of our history: what was recorded is what we tell, and what
 * the log counted itself (priority, reopen_count, reassignment_count) can be recomputed from it. Every difference is explained.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deepEqual, equal, ok, skip, test } from "../web/harness.mjs";
import { Place, inPlace, postgres, psql, root, shared } from "./place.mjs";

const packed = join(shared, "itsm/uci-incident-log/incident_event_log.dev.csv.zst");
const map = join(root, "examples/import/incident-log.map.yaml");
const folder = mkdtempSync(join(tmpdir(), "reeve-log-"));
const file = join(folder, "log.csv"), beginning = join(folder, "beginning.csv");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const STATES = { New: "new", Active: "in_progress", "Awaiting User Info": "waiting", "Awaiting Vendor": "waiting", "Awaiting Problem": "waiting",
	"Awaiting Evidence": "waiting", Resolved: "resolved", Closed: "closed" };
const LEVELS = { 1: "high", 2: "medium", 3: "low" };
/* The log's own decision table. */
const PRIORITY = { "high high": 1, "high medium": 2, "medium high": 2, "medium medium": 3, "medium low": 4, "low high": 3, "low medium": 4, "low low": 4 };
/* Steps of our lifecycle that somebody can take by one transition; all others are marked. */
const STEPS = new Set(["new in_progress", "new waiting", "new resolved", "in_progress waiting", "in_progress resolved", "waiting in_progress",
	"waiting resolved", "resolved in_progress", "resolved closed"]);

function need() {
	if (!existsSync(packed)) skip(`${packed} is not there`);
	if (existsSync(file)) return;
	writeFileSync(file, execFileSync("zstd", ["-dc", packed], { maxBuffer: 1 << 28 }));
	copyFileSync(map, join(folder, "map.yaml"));
	writeFileSync(beginning, `${readFileSync(file, "utf8").split("\n").slice(0, 3001).join("\n")}\n`);
}

/* d/m/yyyy HH:MM */
function moment(cell) {
	const [, day, month, year, hour, minute] = /^(\d+)\/(\d+)\/(\d+) (\d+):(\d+)$/.exec(cell);
	return new Date(Date.UTC(year, month - 1, day, hour, minute)).toISOString();
}

const slug = (label) => (label === "?" ? null : label.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-"));

/* The log's incidents with their rows in order, without what is refused; read by the test's own means. (No cell of it has a comma.) */
function readLog(path) {
	const [head, ...lines] = readFileSync(path, "utf8").split(/\r?\n/).filter(Boolean);
	const names = head.split(","), incidents = new Map();
	for (const [index, line] of lines.entries()) {
		const cells = line.split(",");
		equal(cells.length, names.length);
		const row = Object.fromEntries(names.map((name, i) => [name, cells[i]]));
		if (row.incident_state === "-100") continue;
		Object.assign(row, { index, moment: moment(row.sys_updated_at), mods: Number(row.sys_mod_count) });
		if (!incidents.has(row.number)) incidents.set(row.number, []);
		incidents.get(row.number).push(row);
	}
	for (const rows of incidents.values())
		rows.sort((a, b) => (a.moment < b.moment ? -1 : a.moment > b.moment ? 1 : a.mods - b.mods || a.index - b.index));
	return incidents;
}

const report = async (place, path, ...options) => JSON.parse(await place.cli("import", "incident", path, "--map", map, "--json", ...options));
const counts = ({ new: fresh, changed, unchanged, refused, events }) => ({ new: fresh, changed, unchanged, refused, events });

async function tables(place, queries) {
	if (place.database) return queries.map((query) => Number(psql(place.database, query)));
	const { DatabaseSync } = await import("node:sqlite");
	const database = new DatabaseSync(join(place.data, "reeve.db"), { readOnly: true });
	try {
		return queries.map((query) => Number(Object.values(database.prepare(query).get())[0]));
	} finally {
		database.close();
	}
}

async function nothingCameOfIt(place) {
	deepEqual(await tables(place, ["SELECT count(*) FROM notification", "SELECT count(*) FROM timer",
		"SELECT count(*) FROM clock WHERE wake_at IS NOT NULL", "SELECT count(*) FROM event WHERE origin <> 'import' AND type = 'incident'",
		"SELECT count(*) FROM event WHERE type = 'incident' AND kind <> 'imported'"]), [0, 0, 0, 0, 0],
	"no notifications, timers, wake-ups, automation or other events");
}

/* ---- our history against the log ---- */

class Comparison {
	constructor() {
		this.rows = this.marked = this.priority = 0;
		this.reopened = [];     /* rows on which the counters rose differently */
		this.reassigned = [];
	}

	incident(number, rows, events) {
		equal(events.length, rows.length, `${number}: one event a row`);
		const now = {};
		for (const [index, row] of rows.entries()) this.row(number, row, rows[index - 1], events[index], now);
	}

	row(number, row, last, event, now) {
		const before = { ...now }, where = `${number}, row ${row.index + 2}`;
		for (const [field, [, value]] of Object.entries(event.changes ?? {})) now[field] = value?.number ?? value;
		equal(event.kind, "imported", where);
		equal(event.origin, "import", where);
		equal(event.at, row.moment, where);
		deepEqual([event.actor?.number ?? null, now.state, now.team ?? null, now.assignee ?? null, now.requester ?? null, now.impact, now.urgency],
			[slug(row.sys_updated_by), STATES[row.incident_state], slug(row.assignment_group), slug(row.assigned_to), slug(row.caller_id),
				LEVELS[row.impact[0]], LEVELS[row.urgency[0]]], where);
		const step = last ? `${before.state} ${now.state}` : null;
		const usual = last ? before.state === now.state || STEPS.has(step) : now.state === "new";
		equal(Boolean(event.mark), !usual, `${where}: mark of ${step ?? `begins as ${now.state}`}: ${event.mark}`);
		this.rows++;
		this.marked += event.mark ? 1 : 0;
		/* What the log counted, recomputed from our history alone. */
		equal(now.priority, Number(row.priority[0]), where);
		this.priority += PRIORITY[`${now.impact} ${now.urgency}`] === now.priority ? 0 : 1;
		const reopened = last && ["resolved", "closed"].includes(before.state) && !["resolved", "closed"].includes(now.state) ? 1 : 0;
		const reassigned = last && (before.team ?? null) !== (now.team ?? null) ? 1 : 0;
		const notes = (name) => Number(event.notes[name]) - (last ? Number(last[name]) : 0);
		const about = { number, row, last, step };
		if (notes("reopen_count") !== reopened) this.reopened.push({ ...about, log: notes("reopen_count"), ours: reopened });
		if (notes("reassignment_count") !== reassigned) this.reassigned.push({ ...about, log: notes("reassignment_count"), ours: reassigned });
	}

	/* Differences that have no reason in the rows of the log itself. */
	unexplained() {
		return [
			/* A row that stands out of its order: sys_mod_count falls while time goes on. */
			...this.reopened.filter(({ row, last }) => !(row.mods < last.mods)),
			/* The log counts a change of group while the group on both rows is the same: what changed it and back is no row. */
			...this.reassigned.filter(({ row, last, log, ours }) => !(log === 1 && ours === 0 && row.assignment_group === last?.assignment_group)),
		];
	}
}

async function compareAll(place, incidents) {
	const comparison = new Comparison(), rest = [...incidents];
	const one = async () => {
		for (let next; (next = rest.pop());) comparison.incident(...next, await place.history("reader", "incident", next[0]));
	};
	await Promise.all(Array.from({ length: 8 }, one));
	return comparison;
}

/* ---- the tests ---- */

test("the incident log: counts, twice, and our history against its own columns", async () => {
	need();
	const place = new Place();
	try {
		const began = Date.now();
		const first = await report(place, file);
		console.log(`      ${Math.round(115750000 / (Date.now() - began))} rows/s with the start of the program`);
		deepEqual(counts(first), { new: 19934, changed: 95814, unchanged: 0, refused: 2, events: 115748 });
		deepEqual(first.refusals.map(({ line }) => line), [115643, 115644]);
		for (const { reason } of first.refusals) ok(reason.includes("'-100'"), reason);
		deepEqual(first.checks.priority, { rows: 115748, differ: 0, unknown: 0 });
		await nothingCameOfIt(place);
		deepEqual(counts(await report(place, file)), { new: 0, changed: 0, unchanged: 115748, refused: 2, events: 0 });
		await place.cli("verify");
		await place.start();
		await place.person("reader", ["auditor"]);
		const comparison = await compareAll(place, readLog(file));
		equal(comparison.rows, 115748);
		equal(comparison.priority, 0, "priority recomputed from impact and urgency");
		deepEqual(comparison.unexplained(), []);
		/* Counted on the file: one row out of order; 82 changes of group that are no rows (43 of them between groups not told, 16 at skipped updates). */
		equal(comparison.reopened.length, 1);
		equal(comparison.reassigned.length, 82);
		console.log(`      ${comparison.marked} steps marked; differences explained: reopen_count ${comparison.reopened.length}, reassignment_count ` +
			`${comparison.reassigned.length} of 115748 rows`);
		await nothingCameOfIt(place);
		equal(await place.end(), 0);
	} finally {
		await place.remove();
	}
}, 170000);

for (const kind of ["SQLite", "PostgreSQL"])
	test(`${kind}: the beginning of the log: dry run, a running server, incidents left open wake nobody`, async () => {
		need();
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
		await inPlace(kind, async (place) => {
			await place.start();
			await place.person("reader", ["auditor"]);
			const dry = await report(place, beginning, "--dry-run");
			deepEqual(await tables(place, ["SELECT count(*) FROM incident_record", "SELECT count(*) FROM team_record",
				"SELECT count(*) FROM event WHERE origin = 'import'", "SELECT count(*) FROM import_source"]), [0, 0, 0, 0], "a dry run changes nothing");
			/* A relative map is the caller's file, whoever does the work. */
			const real = await place.command(["import", "incident", "beginning.csv", "--map", "map.yaml", "--json"], { cwd: folder });
			equal(real.code, 0, real.err);
			const first = JSON.parse(real.out);
			deepEqual({ ...counts(dry), events: 0 }, { ...counts(first), events: 0 });
			equal(dry.events, 0);
			equal(first.events, 3000);
			const comparison = await compareAll(place, readLog(beginning));
			equal(comparison.rows, 3000);
			equal(comparison.priority, 0);
			deepEqual(comparison.unexplained(), []);
			/* The due dates of what is still open are long past. */
			await nothingCameOfIt(place);
			await place.cli("verify");
		});
	}, 100000);

test("rows that cannot be taken are told with line and reason, the others go on", async () => {
	await inPlace("SQLite", async (place) => {
		const path = join(folder, "plain.csv");
		writeFileSync(path, [
			"number,title,impact,description,requester", "INC0000007,Mail is down,high,,", "INC0000008,Bad,huge,,", "INC0000009,Nobody,low,,nobody.here",
			"INC0000010,Printer,low,\"two\nlines\",", "INC0000011,too,many,cells,,here", ",No number,low,,", "CHG0000001,Not ours,low,,",
		].join("\n"));
		const first = JSON.parse(await place.cli("import", "incident", path, "--json"));
		deepEqual(first.refusals.map(({ line }) => line), [3, 4, 7, 9], JSON.stringify(first.refusals));
		deepEqual(counts(first), { new: 3, changed: 0, unchanged: 0, refused: 4, events: 3 });
		const again = JSON.parse(await place.cli("import", "incident", path, "--json"));
		deepEqual(counts(again), { new: 0, changed: 0, unchanged: 3, refused: 4, events: 0 });
		const records = await place.records("incident");
		deepEqual(records.map(({ number, title, description }) => [number, title, description]),
			[["INC0000007", "Mail is down", null], ["INC0000010", "Printer", "two\nlines"], ["INC0000011", "No number", null]]);
		await place.start();
		await place.person("agent");
		equal((await place.api("agent", "POST", "/api/v1/incident", { title: "next" })).body.number, "INC0000012", "numbers go on behind imported ones");
	});
});
