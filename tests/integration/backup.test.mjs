/*
 * Copies of a running store: one consistent moment of it while writes go on, restored into SQLite and PostgreSQL and from one into the
 * other; what is damaged, cut, or would overwrite something is refused and leaves nothing behind.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { deepEqual, equal, match, ok, skip, test } from "../web/harness.mjs";
import { Place, freshDatabase, inPlace, postgres, until } from "./place.mjs";

const API = "/api/v1/incident";
const folder = mkdtempSync(join(tmpdir(), "reeve-backup-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (seed, size) => {
	const parts = [];
	for (let i = 0; parts.length * 32 < size; i++) parts.push(createHash("sha256").update(`${seed} ${i}`).digest());
	return Buffer.concat(parts).subarray(0, size);
};

/* A small office with something of everything. */
async function furnish(place) {
	await place.start();
	await place.person("agent");
	await place.person("reader", ["auditor"]);
	await place.person("boss", ["administrator"]);
	equal((await place.api("boss", "POST", "/api/v1/team", { name: "desk", label: "Service desk" })).status, 201);
	const numbers = [];
	for (let i = 0; i < 12; i++) {
		const { body } = await place.api("agent", "POST", API, { title: `incident ${i} \u2603`, description: `line\n${i}`, team: "desk", impact: "high", urgency: "low" });
		numbers.push(body.number);
	}
	const step = async (number, name, body) => equal((await place.api("agent", "POST", `${API}/${number}/transitions/${name}`, body)).status, 200);
	await step(numbers[0], "start", {});
	await step(numbers[0], "resolve", { resolution_code: "fixed", resolution: "done" });
	await step(numbers[1], "wait", { waiting_reason: "supplier", comment: "ordered" });
	equal((await place.api("agent", "POST", `${API}/${numbers[2]}/links`, { relation: "duplicate_of", to: numbers[3] })).status, 201);
	await place.api("agent", "POST", `${API}/${numbers[2]}/comments`, { text: "note", visibility: "internal" });
	for (const [i, size] of [1, 70000, 2500000, 0].entries()) {
		const form = new FormData();
		form.append("file", new Blob([bytesOf(i, size)]), `file ${i}.bin`);
		equal((await place.api("agent", "POST", `${API}/${numbers[4]}/attachments`, form)).status, 201);
	}
	return numbers;
}

/* All that callers can read, in one comparable value. */
async function everything(place, numbers) {
	const all = { records: {}, history: {}, files: [] };
	for (const type of ["incident", "user", "team"]) all.records[type] = await place.records(type);
	for (const number of numbers) {
		const events = await place.history("reader", "incident", number);
		/* Seals come a moment later on PostgreSQL. */
		all.history[number] = events.map(({ seq, ...event }) => event);
		const { body } = await place.api("reader", "GET", `${API}/${number}`);
		for (const clock of body.clocks) for (const part of ["elapsed_ms", "ledger"]) delete clock[part];
		all.records[number] = body;
	}
	const { body: links } = await place.api("reader", "GET", `${API}/${numbers[2]}/links`);
	all.links = links.items;
	const { body } = await place.api("reader", "GET", `${API}/${numbers[4]}/attachments`);
	for (const file of body.items) {
		const answer = await fetch(place.url + file.url, { headers: { Authorization: `Bearer ${await place.token("reader")}` } });
		all.files.push({ ...file, content: createHash("sha256").update(Buffer.from(await answer.arrayBuffer())).digest("hex") });
	}
	return all;
}

async function backup(place, name) {
	const path = join(folder, name);
	await place.cli("backup", path);
	return path;
}

/* A restored copy with the key of its origin, served; the same tokens open it. */
async function restored(kind, origin, path) {
	const database = kind === "PostgreSQL" ? freshDatabase() : null, place = new Place({ database: database?.url });
	place.gone = async () => {
		await place.remove();
		database?.drop();
	};
	try {
		await place.cli("restore", path);
		copyFileSync(join(origin.data, "seal.key"), join(place.data, "seal.key"));
		await place.cli("verify");
		place.tokens = new Map(origin.tokens);
		await place.start();
	} catch (error) {
		await place.gone();
		throw error;
	}
	return place;
}

async function goesOn(copy, numbers) {
	const { status, body } = await copy.api("agent", "POST", API, { title: "after the restore" });
	equal(status, 201, JSON.stringify(body));
	ok(body.number > numbers.at(-1), `numbers go on above: ${body.number}`);
	ok(await until(async () => JSON.parse(await copy.cli("verify", "--json")).unsealed === 0), "sealed on");
	ok(await until(async () => (await copy.api("agent", "GET", "/api/v1/search?q=incident")).body.items?.length >= 12), "the search index is made anew");
	equal(await copy.end(), 0);
}

for (const [from, targets] of [["SQLite", ["SQLite", "PostgreSQL"]], ["PostgreSQL", ["SQLite", "PostgreSQL"]]])
	test(`a copy of ${from} is the same in ${targets.join(" and ")}`, async () => {
		if (!postgres) skip("REEVE_TEST_POSTGRES names no server");
		await inPlace(from, async (place) => {
			const numbers = await furnish(place);
			ok(await until(async () => JSON.parse(await place.cli("verify", "--json")).unsealed === 0));
			const path = await backup(place, `${from}.gz`), before = await everything(place, numbers);
			for (const target of targets) {
				const copy = await restored(target, place, path);
				try {
					deepEqual(await everything(copy, numbers), before);
					await goesOn(copy, numbers);
				} finally {
					await copy.gone();
				}
			}
		});
	}, 100000);

for (const kind of ["SQLite", "PostgreSQL"])
	test(`${kind}: a copy made while writes go on is one moment: each record with all that belongs to it`, async () => {
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
		await inPlace(kind, async (place) => {
			await furnish(place);
			const told = [], running = { on: true };
			const clients = Array.from({ length: 6 }, async (_, client) => {
				for (let i = 0; running.on; i++) {
					const form = new FormData(), title = `client ${client} ${i}`;
					const { body } = await place.api("agent", "POST", API, { title });
					form.append("file", new Blob([bytesOf(title, 3000)]), "a.bin");
					await place.api("agent", "POST", `${API}/${body.number}/attachments`, form);
					await place.api("agent", "POST", `${API}/${body.number}/comments`, { text: title, visibility: "internal" });
					told.push({ number: body.number, title, at: Date.now() });
				}
			});
			await until(() => told.length > 20);
			const begun = Date.now(), path = await backup(place, `running-${kind}.gz`), ended = Date.now();
			await until(() => told.at(-1).at > ended);
			running.on = false;
			await Promise.all(clients);
			ok(told.some(({ at }) => at > begun && at < ended) || ended - begun < 100, "writes went on while the copy was made");
			/* On PostgreSQL events wait a moment for their seal; SQLite, which seals at once, refuses a copy that has such (restore says so). */
			const copy = await restored(kind, place, path);
			try {
				const records = new Map((await copy.records("incident")).map((record) => [record.number, record]));
				for (const { number, title } of told.filter(({ at }) => at < begun)) equal(records.get(number)?.title, title, "what was told before is in it");
				for (const { number, version } of records.values()) {
					const events = await copy.history("reader", "incident", number);
					equal(events.at(-1).version, version, `${number}: history and record are of one moment`);
					equal(events.filter(({ kind: what }) => what === "attached").length,
						(await copy.api("reader", "GET", `${API}/${number}/attachments`)).body.items.length);
				}
			} finally {
				await copy.gone();
			}
		});
	}, 100000);

async function refused(path, why, target = new Place()) {
	const answer = await target.command(["restore", path]);
	equal(answer.code, 1, `${why}: ${answer.err}`);
	match(answer.err, /^reeve: restore: [^\n]+\n$/);
	/* Nothing of it is there: the same place takes a good copy. */
	return { target, error: answer.err };
}

test("damaged and cut copies are refused, and leave nothing behind", async () => {
	await inPlace("SQLite", async (place) => {
		const numbers = await furnish(place), path = await backup(place, "good.gz"), good = readFileSync(path), plain = gunzipSync(good).toString("utf8");
		const lines = plain.split("\n").filter(Boolean), bad = join(folder, "bad.gz");
		const event = lines.findIndex((line) => line.startsWith("{\"table\":\"event\"")) + 1, part = lines.findIndex((line) => line.startsWith("{\"part\""));
		const flip = (index) => {
			const copy = Buffer.from(good);
			copy[index] ^= 0x10;
			return copy;
		};
		const without = (index) => gzipSync(`${lines.filter((_, i) => i !== index).join("\n")}\n`);
		const faults = {
			"cut in the middle": good.subarray(0, good.length >> 1), "cut at the end": good.subarray(0, good.length - 4), "a flipped bit": flip(good.length >> 1),
			"a flipped bit near the end": flip(good.length - 10), "empty": Buffer.alloc(0), "no gzip": Buffer.from("hello\n"), "gzip of something": gzipSync("hello\n"),
			"a row less": without(event), "an attachment's part less": without(part), "without its end": without(lines.length - 1),
			"another form": gzipSync(plain.replace(/"form":\d+/, "\"form\":99")), "another attachment": gzipSync(plain.replace(/\{"part":"../, "{\"part\":\"00")),
		};
		const target = new Place();
		try {
			for (const [why, bytes] of Object.entries(faults)) {
				writeFileSync(bad, bytes);
				await refused(bad, why, target);
			}
			await refused(join(folder, "absent.gz"), "absent", target);
			await target.cli("restore", path);
			/* Not empty any more. */
			const { error } = await refused(path, "a store that is not empty", target);
			match(error, /not empty/);
			equal((await target.records("incident")).length, numbers.length);
		} finally {
			await target.remove();
		}
		/* Below a running server neither. */
		match((await refused(path, "a running server", place)).error, /in use|running|works|pid/);
		/* Without the key the copy works, but cannot be verified; with another key it is told. */
		const keyless = new Place();
		try {
			await keyless.cli("restore", path);
			writeFileSync(join(keyless.data, "seal.key"), `${"ab".repeat(32)}\n`);
			const answer = await keyless.command(["verify"]);
			equal(answer.code, 1);
			match(answer.err, /seal/);
		} finally {
			await keyless.remove();
		}
		/* A target that cannot be written leaves no half copy. */
		const nowhere = await place.command(["backup", join(folder, "no/such/folder.gz")]);
		equal(nowhere.code, 1, nowhere.err);
		equal(existsSync(join(folder, "no")), false);
	});
}, 60000);

test("a database that is not empty is refused", async () => {
	if (!postgres) skip("REEVE_TEST_POSTGRES names no server");
	await inPlace("PostgreSQL", async (place) => {
		await furnish(place);
		const path = await backup(place, "database.gz");
		equal(await place.end(), 0);
		match((await refused(path, "a database in use", place)).error, /not empty/);
		equal((await place.records("incident")).length, 12);
	});
});
