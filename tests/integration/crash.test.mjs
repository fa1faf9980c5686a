/*
 * kill -9 of the server at random moments while clients write: what was answered 2xx is there once, what was not answered is asked
 * again with the same key and is then there once too. 20 kills on each database (REEVE_KILLS names another number).
 */
import { randomUUID } from "node:crypto";
import { deepEqual, equal, ok, skip, test } from "../web/harness.mjs";
import { inPlace, postgres, until } from "./place.mjs";

const KILLS = Number(process.env.REEVE_KILLS ?? 20);
const CLIENTS = 8;

/* One client's wish, its key, and what it was told first. */
class Wish {
	constructor(method, path, body) {
		Object.assign(this, { method, path, body, key: randomUUID(), answer: null });
	}

	async ask(place) {
		const { status, body } = await place.api("agent", this.method, this.path, this.body, { "Idempotency-Key": this.key });
		if (status >= 500 || status === 409) throw new Error(`${status} ${JSON.stringify(body)}`);
		return { status, body };
	}
}

class Load {
	constructor(place) {
		this.place = place;
		this.wishes = [];
		this.records = []; /* what a client knows to be there: { number, state } */
		this.count = 0;
	}

	next(client) {
		const id = ++this.count;
		const mine = this.records.filter((record) => record.client === client);
		const record = mine[Math.floor(Math.random() * mine.length)];
		const dice = Math.random();
		if (!record || dice < 0.4) {
			const wish = new Wish("POST", "/api/v1/incident", { title: `wish ${id} zq${id}qz`, description: `words of ${id}`, impact: "low", urgency: "low" });
			return Object.assign(wish, { kind: "create", client });
		}
		const path = `/api/v1/incident/${record.number}`;
		/* Internal: the public answer of a requester would reopen what is resolved. */
		if (dice < 0.7 || record.state === "resolved")
			return Object.assign(new Wish("POST", `${path}/comments`, { text: `comment ${id}.`, visibility: "internal" }), { kind: "comment", record });
		const [name, body, to] = record.state === "new" ? ["start", {}, "in_progress"] :
			["resolve", { resolution_code: "fixed", resolution: `resolved by ${id}` }, "resolved"];
		return Object.assign(new Wish("POST", `${path}/transitions/${name}`, body), { kind: "transition", record, to });
	}

	/* What an answer of 2xx means for the records that the client goes on with. */
	take(wish, answer) {
		wish.answer = answer;
		ok(answer.status === 200 || answer.status === 201, `${wish.kind} is taken: ${answer.status} ${JSON.stringify(answer.body)}`);
		if (wish.kind === "create") this.records.push({ number: answer.body.number, state: "new", client: wish.client });
		if (wish.kind === "transition") wish.record.state = wish.to;
	}

	async client(number, running) {
		while (running.on) {
			const wish = this.next(number);
			this.wishes.push(wish);
			let answer;
			try {
				answer = await wish.ask(this.place);
			} catch (error) {
				if (running.on) throw error;
				return; /* the kill: nobody knows whether it was done */
			}
			this.take(wish, answer);
		}
	}
}

/* A repeat gets the first answer, whether the server that gave it lives or not. */
async function repeatAll(load, from) {
	let told = 0;
	for (const wish of load.wishes.slice(from)) {
		const again = await wish.ask(load.place);
		if (wish.answer === null) {
			load.take(wish, again);
			deepEqual(await wish.ask(load.place), again, "a repeat of what the kill interrupted");
		} else {
			deepEqual(again, wish.answer, `the repeat of an acknowledged ${wish.kind}`);
			told++;
		}
	}
	return told;
}

async function checkAll(load) {
	const { place } = load;
	const records = new Map((await place.records("incident")).map((record) => [record.number, record]));
	const of = (kind) => load.wishes.filter((wish) => wish.kind === kind);
	const numbers = of("create").map((wish) => wish.answer.body.number);
	equal(new Set(numbers).size, numbers.length, "numbers are unique");
	equal(records.size, numbers.length, "as many incidents as were acknowledged");
	for (const wish of of("create")) equal(records.get(wish.answer.body.number)?.title, wish.body.title, "an acknowledged incident");
	for (const record of load.records) equal(records.get(record.number).state, record.state, `state of ${record.number}`);
	for (const record of load.records) {
		const history = await place.history("agent", "incident", record.number);
		const own = load.wishes.filter((wish) => wish.record === record);
		const comments = history.filter((event) => event.kind === "comment").map((event) => event.comment ?? event.text);
		deepEqual(comments.sort(), own.filter((wish) => wish.kind === "comment").map((wish) => wish.body.text).sort(), `comments of ${record.number}`);
		equal(history.filter((event) => event.kind === "transition").length, own.filter((wish) => wish.kind === "transition").length,
			`transitions of ${record.number}`);
		equal(history.filter((event) => event.kind === "created").length, 1, `${record.number} was created once`);
	}
}

async function searchCatchesUp(load) {
	const words = load.wishes.filter((wish) => wish.kind === "create").map((wish) => wish.body.title.split(" ").at(-1));
	for (const word of [words[0], words[words.length >> 1], words.at(-1)])
		ok(await until(async () => (await load.place.api("agent", "GET", `/api/v1/search?q=${word}`)).body.items?.length === 1), `search finds '${word}'`);
}

async function killing(place) {
	await place.start();
	await place.person("agent");
	const load = new Load(place);
	let told = 0;
	for (let kill = 0; kill < KILLS; kill++) {
		const running = { on: true }, from = load.wishes.length;
		const clients = Array.from({ length: CLIENTS }, (_, number) => load.client(number, running));
		const all = Promise.all(clients);
		await Promise.race([all, new Promise((done) => setTimeout(done, 50 + Math.random() * 450))]);
		running.on = false;
		equal(await place.end("SIGKILL"), "SIGKILL");
		await all;
		await place.start();
		told += await repeatAll(load, from);
	}
	await checkAll(load);
	await searchCatchesUp(load);
	await place.cli("verify");
	equal(await place.end(), 0, "the last server ends in order");
	await place.cli("verify");
	console.log(`      ${KILLS} kills, ${load.wishes.length} writes, ${told} acknowledged before the kill`);
}

for (const kind of ["SQLite", "PostgreSQL"])
	test(`${kind}: ${KILLS} kills under load lose nothing that was acknowledged and double nothing`, async () => {
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
		await inPlace(kind, killing);
	}, 150000);
