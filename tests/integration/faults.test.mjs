/*
 * What goes wrong around a server: a full disk, a database that dies, signals, a second server, commands beside a server. Nothing
 * that was answered 2xx is lost, callers are told 503, and it goes on by itself when the fault is over.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deepEqual, equal, match, ok, skip, test } from "../web/harness.mjs";
import { Place, binary, inPlace, postgres, root, run, sleep, until } from "./place.mjs";

const API = "/api/v1/incident";
let count = 0;
const incident = (title, bytes = 0) => ({ title, description: "x".repeat(bytes), impact: "low", urgency: "low" });

/* Clients that create until `running.on` is false; who was told 2xx, and all other answers. */
function load(place, clients, running, bytes) {
	const told = [], others = [];
	const one = async () => {
		while (running.on) {
			const title = `load ${++count}`;
			try {
				const answer = await place.api("agent", "POST", API, incident(title, bytes));
				if (answer.status === 201) told.push({ number: answer.body.number, title });
				else others.push(answer);
				if (answer.status !== 201) await sleep(10);
			} catch (error) {
				others.push({ status: 0, error });
				if (running.on) await sleep(10);
			}
		}
	};
	return { told, others, ended: Promise.all(Array.from({ length: clients }, one)) };
}

/* `unanswered`: writes whose end nobody was told, and which may be there too. */
async function allThere(place, told, unanswered = 0) {
	const records = new Map((await place.records("incident")).map((record) => [record.number, record.title]));
	for (const { number, title } of told) equal(records.get(number), title, "an acknowledged incident");
	const more = records.size - told.length;
	ok(more >= 0 && more <= unanswered, `none is there twice, and none that was refused: ${more}`);
}

function isUnavailable({ status, headers, body }) {
	equal(status, 503, JSON.stringify(body));
	match(headers.get("content-type"), /problem\+json/);
	ok(Number(headers.get("retry-after")) >= 1, "Retry-After");
	equal(body.status, 503);
}

/* ---- a full disk ---- */

function mounted(body) {
	if (process.getuid() !== 0) skip("only root may mount a small file system");
	const folder = mkdtempSync(join(tmpdir(), "reeve-full-"));
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "reeve-full", folder], { stdio: "pipe" });
	} catch (error) {
		rmSync(folder, { recursive: true, force: true });
		skip(`a small file system cannot be mounted here: ${String(error.stderr).trim()}`);
	}
	return Promise.resolve(body(folder)).finally(() => {
		execFileSync("umount", ["-l", folder]);
		rmSync(folder, { recursive: true, force: true });
	});
}

/* Takes all space but some hundred KB. */
function fill(filler) {
	const part = Buffer.alloc(64 * 1024, 1);
	let all = 0;
	try {
		for (;; all += part.length) writeFileSync(filler, part, { flag: "a" });
	} catch (error) {
		equal(error.code, "ENOSPC");
	}
	execFileSync("truncate", ["-s", String(Math.max(all - 256 * 1024, 0)), filler]);
}

async function fullDisk(place, filler) {
	const { body: before } = await place.api("agent", "POST", API, incident(`before ${++count}`));
	fill(filler);
	const running = { on: true }, clients = load(place, 4, running, 8000);
	ok(await until(() => clients.others.length >= 20, 20000), "the disk gets full");
	for (const answer of clients.others) isUnavailable(answer);
	const upload = new FormData();
	upload.append("file", new Blob([Buffer.alloc(600 * 1024, 7)]), "a.bin");
	isUnavailable(await place.api("agent", "POST", `${API}/${before.number}/attachments`, upload));
	equal((await place.api("agent", "GET", `${API}/${before.number}`)).status, 200, "reading goes on");
	equal((await place.api("", "GET", "/healthz")).status, 200);
	const from = clients.told.length;
	rmSync(filler);
	ok(await until(() => clients.told.length > from + 10, 20000), "writing goes on once there is space");
	running.on = false;
	await clients.ended;
	return [...clients.told, before];
}

test("SQLite on a full disk: 503, nothing acknowledged is lost, goes on by itself", () => mounted(async (folder) => {
	const data = join(folder, "data"), place = new Place({ data });
	try {
		await place.start();
		await place.person("agent");
		const told = [];
		for (let round = 0; round < 2; round++) {
			told.push(...await fullDisk(place, join(folder, "filler")));
			await allThere(place, told);
		}
		await place.cli("verify");
		/* Killed while the disk is full. */
		fill(join(folder, "filler"));
		const running = { on: true }, clients = load(place, 4, running, 8000);
		ok(await until(() => clients.others.length >= 5, 20000));
		running.on = false;
		await place.end("SIGKILL");
		await clients.ended;
		rmSync(join(folder, "filler"));
		await place.start();
		await allThere(place, [...told, ...clients.told], 4);
		await place.cli("verify");
		equal(await place.end(), 0);
	} catch (error) {
		console.log(place.log.slice(-3000));
		throw error;
	} finally {
		await place.remove();
	}
}), 110000);

/* ---- a database that dies ---- */

test("PostgreSQL ends in the middle and comes back: 503 with Retry-After, nothing acknowledged is lost", async () => {
	if (!postgres) skip("REEVE_TEST_POSTGRES names no server");
	const folder = mkdtempSync(join(tmpdir(), "reeve-database-")), script = join(root, "tests/servers/postgres.sh");
	const server = (command) => execFileSync(script, [command, folder], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
	const place = new Place({ database: server("start") });
	try {
		await place.start();
		await place.person("agent");
		const told = [];
		for (let round = 0; round < 2; round++) {
			const running = { on: true }, clients = load(place, 8, running, 100);
			await until(() => clients.told.length > 30);
			server("kill");
			ok(await until(() => clients.others.length >= 20), "writes are refused");
			for (const answer of clients.others) isUnavailable(answer);
			isUnavailable(await place.api("agent", "GET", API));
			equal((await place.api("", "GET", "/healthz")).status, 200, "alive");
			equal((await place.api("", "GET", "/readyz")).status, 503, "not ready");
			const from = clients.told.length;
			server("again");
			ok(await until(() => clients.told.length > from + 10, 20000), "writing goes on");
			running.on = false;
			await clients.ended;
			equal((await place.api("", "GET", "/readyz")).status, 200, "ready again");
			/* Also what writes by itself: seals and search. */
			told.push(...clients.told.map((one) => ({ ...one, title: one.title })));
			const word = `round${round}x`;
			equal((await place.api("agent", "POST", API, incident(word))).status, 201);
			ok(await until(async () => (await place.api("agent", "GET", `/api/v1/search?q=${word}`)).body.items?.length === 1), "search goes on");
		}
		const records = new Map((await place.records("incident")).map((record) => [record.number, record.title]));
		for (const { number, title } of told) equal(records.get(number), title);
		equal(new Set(told.map(({ number }) => number)).size, told.length, "numbers are unique");
		ok(await until(async () => JSON.parse(await place.cli("verify", "--json")).unsealed === 0), "all is sealed");
		equal(await place.end(), 0);
	} catch (error) {
		console.log(place.log.slice(-3000));
		throw error;
	} finally {
		await place.remove();
		server("stop");
	}
}, 100000);

/* ---- signals and neighbours ---- */

for (const kind of ["SQLite", "PostgreSQL"])
	test(`${kind}: SIGTERM finishes what runs and exits 0`, async () => {
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
		await inPlace(kind, async (place) => {
			for (const signal of ["SIGTERM", "SIGINT"]) {
				await place.start();
				if (signal === "SIGTERM") await place.person("agent");
				const items = Array.from({ length: 900 }, (_, i) => incident(`${signal} bulk ${i}`));
				const bulk = place.api("agent", "POST", `${API}/bulk`, { items }).catch((error) => ({ status: 0, error }));
				const singles = Array.from({ length: 20 }, (_, i) => place.api("agent", "POST", API, incident(`${signal} single ${i}`)).catch(() => null));
				/* In the middle of the bulk; or so early that it may not have arrived. */
				const begun = `${API}?limit=1&q=${encodeURIComponent(`title starts with "${signal} bulk"`)}`;
				if (signal === "SIGTERM") ok(await until(async () => (await place.api("agent", "GET", begun)).body.items?.length > 0));
				else await sleep(5);
				equal(await place.end(signal), 0, signal);
				const answer = await bulk;
				const told = (await Promise.all(singles)).filter((one) => one?.status === 201).map(({ body }) => body);
				const all = new Map((await place.records("incident")).map((record) => [record.title, record.number]));
				for (const { title, number } of told) equal(all.get(title), number);
				const done = [...all.keys()].filter((title) => title.startsWith(`${signal} bulk`)).length;
				/* A request that had not arrived yet may meet a closed door, but nothing of it is done then. */
				deepEqual([answer.status, done], answer.status === 0 ? [0, 0] : [200, 900], JSON.stringify(answer.body ?? answer).slice(0, 300));
				if (signal === "SIGTERM") equal(answer.status, 200, "what ran was answered");
			}
			await place.cli("verify");
		});
	});

test("a second server on the same data directory is refused with the pid of the first", async () => {
	await inPlace("SQLite", async (place) => {
		await place.start();
		const second = await run(binary, ["serve", "--data", place.data, "--listen", "127.0.0.1:0"], { limitMs: 10000 });
		equal(second.code, 1, second.err);
		match(second.err, new RegExp(`\\b${place.child.pid}\\b`));
		match(second.err, /^reeve: serve: [^\n]+\n$/);
		equal((await place.api("", "GET", "/healthz")).status, 200);
		await place.end("SIGKILL");
		await place.start();
		equal(await place.end(), 0, "a dead server's lock and socket are in nobody's way");
	});
});

/* Each command once; the same with and without a server. */
async function commands(place, name) {
	const folder = mkdtempSync(join(tmpdir(), "reeve-commands-"));
	try {
		await place.cli("user", "add", `${name}.person`, "--name", "A person", "--mail", `${name}@example.org`, "--role", "agent");
		match(await place.cli("user", "list"), new RegExp(`${name}\\.person`));
		match(await place.cli("user", "link", `${name}.person`), /\/sign-in\/link\//);
		const password = await place.command(["user", "password", `${name}.person`], { input: "Correct horse 77\n" });
		equal(password.code, 0, password.err);
		match(await place.cli("token", "add", `${name}.person`, "--name", "one"), /reeve_\S+/);
		const token = JSON.parse(await place.cli("token", "list", `${name}.person`, "--json"));
		await place.cli("token", "revoke", `${name}.person`, String(token.id));
		writeFileSync(join(folder, "in.jsonl"), `{"title":"imported ${name}"}\n`);
		const there = { cwd: folder };
		const imported = await place.command(["import", "incident", "in.jsonl", "--json"], there);
		equal(JSON.parse(imported.out).new, 1, imported.err);
		ok((await place.records("incident")).some(({ title }) => title === `imported ${name}`));
		const backup = await place.command(["backup", "copy.gz"], there);
		equal(backup.code, 0, backup.err);
		ok(statSync(join(folder, "copy.gz")).size > 1000);
		match(await place.cli("verify"), /events are whole/);
		for (const [args, code] of [[["user", "link", "nobody.here"], 1], [["export", "nothing"], 2], [["import", "incident", "absent.csv"], 1], [["user", "frobnicate", "x"], 2]]) {
			const failed = await place.command(args, there);
			equal(failed.code, code, `${args.join(" ")}: ${failed.err}`);
			match(failed.err, /^reeve: [a-z]+: [^\n]+\n$/);
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

test("commands work beside a running server through its socket, and without one", async () => {
	await inPlace("SQLite", async (place) => {
		await commands(place, "before");
		await place.start();
		equal(statSync(join(place.data, "reeve.sock")).mode & 0o777, 0o600, "the socket is the owner's");
		await commands(place, "beside");
		await place.end("SIGKILL");
		ok(existsSync(join(place.data, "reeve.sock")), "a killed server leaves its socket");
		await commands(place, "after");
		deepEqual((await place.records("incident")).map(({ title }) => title).sort(), ["imported after", "imported before", "imported beside"]);
	});
});
