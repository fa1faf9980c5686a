/*
 * A data directory (and, where asked, a database of its own on a running PostgreSQL) with the servers and commands that work on it.
 * Unlike the browser tests' server, these are killed, starved and started again. Everything ends by pid and is removed at the end.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
export const binary = resolve(process.env.REEVE_BINARY ?? join(root, "build/reeve"));
export const postgres = process.env.REEVE_TEST_POSTGRES;
export const shared = join(root, "../shared/data");

const children = new Set();
process.on("exit", () => {
	for (const child of children) child.kill("SIGKILL");
});

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* Waits until `ask` is true; false when it never was. */
export async function until(ask, ms = 10000) {
	for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (await ask()) return true;
	return false;
}

/* A program's whole run: { code, out, err }; output is bytes when `bytes` is asked for. */
export function run(program, args, { input = "", cwd, env, bytes = false, limitMs = 170000 } = {}) {
	return new Promise((done, fail) => {
		const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
		const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
		const out = [], err = [];
		children.add(child);
		child.stdout.on("data", (part) => out.push(part));
		child.stderr.on("data", (part) => err.push(part));
		child.stdin.on("error", () => {});
		child.once("error", fail);
		child.once("close", (code, signal) => {
			clearTimeout(timer);
			children.delete(child);
			const all = Buffer.concat(out);
			done({ code: code ?? signal, out: bytes ? all : all.toString("utf8"), err: Buffer.concat(err).toString("utf8") });
		});
		child.stdin.end(input);
	});
}

let databases = 0;

/* SQL as the owner of the test's PostgreSQL server. */
export function psql(url, sql) {
	return execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql], { encoding: "utf8" }).trim();
}

/* A fresh database on the server at `server`; its URL, and a function that drops it. */
export function freshDatabase(server = postgres) {
	const name = `reeve_place_${process.pid}_${++databases}`;
	psql(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
	return { url: server.replace("/postgres?", `/${name}?`), drop: () => psql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

export class Place {
	/* options: `data` (a directory that is there already), `database` (a URL). */
	constructor({ data, database } = {}) {
		this.owned = data === undefined;
		this.data = data ?? mkdtempSync(join(tmpdir(), "reeve-place-"));
		this.database = database;
		this.where = ["--data", this.data, ...(database ? ["--database", database] : [])];
		this.tokens = new Map();
		this.log = "";
	}

	async start(...args) {
		const child = spawn(binary, ["serve", ...this.where, "--listen", "127.0.0.1:0", ...args], { stdio: ["ignore", "pipe", "pipe"] });
		children.add(child);
		this.child = child;
		child.stderr.on("data", (part) => (this.log = (this.log + part).slice(-20000)));
		this.ended = new Promise((done) => child.once("exit", (code, signal) => {
			children.delete(child);
			done(code ?? signal);
		}));
		this.url = await new Promise((done, fail) => {
			let out = "";
			child.stdout.on("data", (part) => {
				out += part;
				const line = /listening on (\S+)/.exec(out);
				if (line) done(line[1]);
			});
			this.ended.then((code) => fail(new Error(`reeve serve ended with ${code}: ${this.log}`)));
		});
		return this;
	}

	/* How the server ends: its status or the signal's name. */
	async end(signal = "SIGTERM") {
		this.child.kill(signal);
		return this.ended;
	}

	/* A command on this place; its end is not judged. */
	command(args, options) {
		return run(binary, [...args, ...this.where], options);
	}

	/* A command that must work; its output. */
	async cli(...args) {
		const { code, out, err } = await this.command(args);
		if (code !== 0) throw new Error(`reeve ${args.join(" ")}: ${code}: ${err}`);
		return out;
	}

	async person(login, roles = ["agent"], teams = []) {
		await this.cli("user", "add", login, "--name", `Person ${login}`, "--mail", `${login}@example.org`,
			...roles.flatMap((role) => ["--role", role]), ...teams.flatMap((team) => ["--team", team]));
		return this.token(login);
	}

	async token(login) {
		if (!this.tokens.has(login)) {
			const out = await this.cli("token", "add", login, "--scope", "read", "--scope", "write", "--scope", "admin");
			this.tokens.set(login, /reeve_\S+/.exec(out)[0]);
		}
		return this.tokens.get(login);
	}

	/* { status, headers, body }: the body parsed when it is JSON. `login` "" is nobody. */
	async api(login, method, path, body, headers = {}) {
		const plain = body === undefined || typeof body === "string" || body instanceof Uint8Array || body instanceof FormData;
		const answer = await fetch(this.url + path, {
			method, redirect: "manual", body: plain ? body : JSON.stringify(body),
			headers: {
				...(login ? { Authorization: `Bearer ${await this.token(login)}` } : {}),
				...(body === undefined || body instanceof FormData ? {} :
					{ "Content-Type": method === "PATCH" ? "application/merge-patch+json" : "application/json" }), ...headers,
			},
		});
		const text = await answer.text();
		const json = /json/.test(answer.headers.get("content-type") ?? "");
		return { status: answer.status, headers: answer.headers, body: json && text ? JSON.parse(text) : text };
	}

	/* All records of a type as the export has them. */
	async records(type, ...args) {
		return (await this.cli("export", type, ...args)).split("\n").filter(Boolean).map((line) => JSON.parse(line));
	}

	/* A record's whole history, oldest first. */
	async history(login, type, number) {
		const events = [];
		for (let path = `/api/v1/${type}/${number}/events`; path;) {
			const { status, body } = await this.api(login, "GET", path);
			if (status !== 200) throw new Error(`events of ${number}: ${status} ${JSON.stringify(body)}`);
			events.push(...body.items);
			path = body.next ? `/api/v1/${type}/${number}/events?after=${encodeURIComponent(body.next)}` : null;
		}
		return events;
	}

	async remove() {
		if (this.child && children.has(this.child)) await this.end("SIGKILL");
		if (this.owned) rmSync(this.data, { recursive: true, force: true });
	}
}

/* Runs `body` on SQLite, or on a database of its own on PostgreSQL; all of it is removed whatever happens. */
export async function inPlace(kind, body) {
	const database = kind === "PostgreSQL" ? freshDatabase() : null;
	const place = new Place({ database: database?.url });
	try {
		return await body(place);
	} catch (error) {
		if (place.log) console.log(`log of the server:\n${place.log.slice(-3000)}`);
		throw error;
	} finally {
		await place.remove();
		database?.drop();
	}
}
