/*
 * What browser tests share: a reeve of their own on a free port over a new data directory, people and tokens made through the command
 * line, one Chromium, and test(). A test file says its tests; they run when it has been read, one after the other, and end with
 * "N passed, N failed" (run.mjs adds the files up).
 *
 *   import { test, server, equal, ok } from "./harness.mjs";
 *   test("a requester sees the portal", async () => {
 *     const reeve = await server();                       // one per test file, started at first use
 *     const page = await reeve.page("rita");              // a signed-in browser page; { javaScriptEnabled: false } as second argument
 *     await page.goto(`${reeve.url}/`);
 *   });
 *
 * REEVE_BINARY names the program (build/reeve otherwise). REEVE_CHROMIUM names the browser (/usr/bin/chromium otherwise).
 * REEVE_TEST is a part of the names of the tests that shall run.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import assert from "node:assert/strict";

export const { equal, notEqual, deepEqual, ok, match, doesNotMatch, rejects } = assert;

const root = resolve(import.meta.dirname, "../..");
const binary = resolve(process.env.REEVE_BINARY ?? join(root, "build/reeve"));
const PASSWORD = "Correct horse 77";

/* ---- tests ---- */

const TEST_MS = 60000;
const tests = [];

/* A test that cannot run here (no PostgreSQL, no ../shared) says why instead of passing. */
class Skipped extends Error {}
export function skip(why) {
	throw new Skipped(why);
}

export function test(name, body, limitMs = TEST_MS) {
	if (tests.length === 0) process.once("beforeExit", runAll);
	tests.push({ name, body, limitMs });
}

function limited(promise, limitMs) {
	let timer;
	const late = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error(`took longer than ${limitMs / 1000} s`)), limitMs)));
	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function runOne(name, body, limitMs) {
	const began = Date.now();
	try {
		await limited(body(), limitMs);
		console.log(`ok    ${name} (${Date.now() - began} ms)`);
		return "passed";
	} catch (error) {
		const skipped = error instanceof Skipped;
		console.log(skipped ? `skip  ${name}: ${error.message}` : `FAIL  ${name}\n${error.stack ?? error}`);
		return skipped ? "skipped" : "failed";
	}
}

async function runAll() {
	const counts = { passed: 0, failed: 0, skipped: 0 };
	for (const { name, body, limitMs } of tests)
		if (name.includes(process.env.REEVE_TEST ?? "")) counts[await runOne(name, body, limitMs)]++;
	if (running || browser) counts[await runOne("the server ends in order", endAll, TEST_MS)] += 1;
	console.log(`${counts.passed} passed, ${counts.failed} failed`);
	process.exit(counts.failed === 0 ? 0 : 1);
}

/* ---- people ---- */

/* Made in every server: login, name, roles, teams. */
const people = [
	["rita", "Rita Requester", ["requester"], []],
	["ralf", "Ralf Requester", ["requester"], []],
	["adam", "Adam Agent", ["agent"], ["desk"]],
	["nora", "Nora Network", ["agent"], ["network"]],
	["tina", "Tina Teamlead", ["team_lead"], ["desk"]],
	["otto", "Otto Auditor", ["auditor"], []],
];
const teams = [["desk", "Service desk"], ["network", "Network"]];

/* ---- the server ---- */

class Reeve {
	constructor(command = ["serve"]) {
		this.command = command;
		this.data = mkdtempSync(join(tmpdir(), "reeve-web-"));
		this.tokens = new Map();
		this.contexts = new Map();
		this.log = "";
	}

	async start() {
		this.child = spawn(binary, [...this.command, "--data", this.data, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
		this.child.stderr.on("data", (bytes) => (this.log += bytes));
		this.ended = new Promise((done) => this.child.once("exit", (code, signal) => done(code ?? signal)));
		this.url = await new Promise((done, fail) => {
			let out = "";
			this.child.stdout.on("data", (bytes) => {
				out += bytes;
				const line = /listening on (\S+)/.exec(out);
				const link = /sign in: (\S+)/.exec(out);
				if (link) this.firstLink = link[1];
				if (line) done(line[1]);
			});
			this.ended.then((code) => fail(new Error(`reeve serve ended with ${code}: ${this.log}`)));
		});
	}

	/* A command of the command line on this server's data directory; its output. */
	async cli(...args) {
		return (await this.cliWith("", ...args)).stdout;
	}

	/* The same with something on its standard input; { stdout, stderr, code }. */
	cliWith(input, ...args) {
		return new Promise((done, fail) => {
			const child = spawn(binary, [...args, "--data", this.data]);
			let stdout = "", stderr = "";
			child.stdout.on("data", (bytes) => (stdout += bytes));
			child.stderr.on("data", (bytes) => (stderr += bytes));
			child.once("error", fail);
			child.once("exit", (code) => (code === 0 ? done({ stdout, stderr, code }) : fail(new Error(`reeve ${args.join(" ")}: ${stderr}`))));
			child.stdin.end(input);
		});
	}

	async makePeople() {
		const admin = await this.token("admin");
		for (const [name, label] of teams) equal((await this.api("admin", "POST", "/api/v1/team", { name, label })).status, 201);
		equal((await this.api("admin", "POST", "/api/v1/service", { name: "mail", label: "Mail", team: "desk" })).status, 201);
		for (const [login, name, roles, of] of people)
			await this.cliWith(`${PASSWORD}\n`, "user", "add", login, "--name", name, "--mail", `${login}@example.com`,
				...roles.flatMap((role) => ["--role", role]), ...of.flatMap((team) => ["--team", team]), "--password-stdin");
		return admin;
	}

	/* An API token of a person with all scopes. */
	async token(login) {
		if (!this.tokens.has(login)) {
			const out = await this.cli("token", "add", login, "--name", "tests", "--scope", "read", "--scope", "write", "--scope", "admin");
			this.tokens.set(login, /reeve_\S+/.exec(out)[0]);
		}
		return this.tokens.get(login);
	}

	/* A call as a person ("" nobody); { status, headers, body } with the body parsed when it is JSON. */
	async api(login, method, path, body, headers = {}) {
		const answer = await fetch(this.url + path, {
			method, redirect: "manual",
			headers: {
				...(login ? { Authorization: `Bearer ${await this.token(login)}` } : {}),
				...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers,
			},
			body: body === undefined ? undefined : typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
		});
		const text = await answer.text();
		const json = /json/.test(answer.headers.get("content-type") ?? "");
		return { status: answer.status, headers: answer.headers, body: json && text ? JSON.parse(text) : text };
	}

	/* A browser context in which the person is signed in; kept per person and options. */
	async context(login, options = {}) {
		const key = JSON.stringify([login, options]);
		if (!this.contexts.has(key)) {
			const context = await (await chromium()).newContext({ baseURL: this.url, ...options });
			context.setDefaultTimeout(10000);
			if (login) {
				const answer = await context.request.post(`${this.url}/sign-in`, { form: { login, password: PASSWORD }, maxRedirects: 0 });
				equal(answer.status(), 303, `${login} signs in`);
			}
			this.contexts.set(key, context);
		}
		return this.contexts.get(key);
	}

	/* A page that fails the test on script errors, and on anything fetched from elsewhere. */
	async page(login, options = {}) {
		const page = await (await this.context(login, options)).newPage();
		page.problems = [];
		page.on("pageerror", (error) => page.problems.push(`script: ${error.message}`));
		page.on("console", (message) => {
			if (message.type() === "error" && !/Failed to load resource/.test(message.text())) page.problems.push(`console: ${message.text()}`);
		});
		page.on("request", (request) => {
			if (!request.url().startsWith(this.url) && !request.url().startsWith("data:") && !request.url().startsWith("blob:"))
				page.problems.push(`fetched from elsewhere: ${request.url()}`);
		});
		return page;
	}

	async stop() {
		for (const context of this.contexts.values()) await context.close().catch(() => {});
		this.child?.kill("SIGTERM");
		const code = await this.ended;
		rmSync(this.data, { recursive: true, force: true });
		if (code !== 0) throw new Error(`reeve serve ended with ${code}: ${this.log}`);
	}
}

export const password = PASSWORD;
let running = null;

/* The server of this test file with its people, started when it is first asked for. */
export function server() {
	running ??= (async () => {
		if (!existsSync(binary)) throw new Error(`there is no ${binary}: build it first (make build), or set REEVE_BINARY`);
		const reeve = new Reeve();
		await reeve.start();
		await reeve.makePeople();
		return reeve;
	})();
	return running;
}

/* A server of its own on a folder of definitions, with the people of every server; the test stops it. */
export async function practiceServer(folder) {
	const reeve = new Reeve(["serve", "--practices", join(root, folder)]);
	await reeve.start();
	await reeve.makePeople();
	return reeve;
}

/* The demo company with a short history; the test stops it. */
export async function demoServer(...options) {
	const reeve = new Reeve(["demo", ...options]);
	await reeve.start();
	return reeve;
}

/* ---- the browser ---- */

let browser = null;

async function launch() {
	const { chromium: playwright } = await import("playwright-core");
	return playwright.launch({
		executablePath: process.env.REEVE_CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync"],
	});
}

export function chromium() {
	browser ??= launch();
	return browser;
}

async function endAll() {
	if (running) await (await running.catch(() => null))?.stop();
	if (browser) await (await browser).close();
}

/* axe-core on the page as it is: throws with every violation of WCAG 2.2 AA. */
export async function accessible(page, what) {
	/* Put in from outside: the page's own policy rightly refuses scripts that are not ours. */
	await page.evaluate(readFileSync(join(import.meta.dirname, "node_modules/axe-core/axe.min.js"), "utf8"));
	const result = await page.evaluate(() => window.axe.run(document, {
		runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
	}));
	const found = result.violations.map((one) => `${one.id} (${one.help}): ${one.nodes.map((node) => node.target.join(" ")).slice(0, 5).join("; ")}`);
	equal(found.length, 0, `${what}: ${found.join("\n")}`);
}
