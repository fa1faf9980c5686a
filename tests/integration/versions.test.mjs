/*
 * A made-up practice is published on a running server, then a second version with another lifecycle: old records finish on theirs,
 * new ones run the new one, a map moves what is left, one command goes back, and kill -9 in the middle leaves everything whole. The
 * server is never started again but for the kill.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equal, ok, skip, test } from "../web/harness.mjs";
import { binary, inPlace, Place, postgres, root, run, until } from "./place.mjs";

const rights = `rights:
  agent: { read: always, create: always, update: always, comment: always, note: always, history: always }
  administrator: { read: always, history: always }
`;
const first = `practice: Tests
purpose: A plant grows through versions.
type: { name: plant, extends: task, number: "PLT{000}", title: title }
fields:
  soil: { kind: text, length: 100 }
lifecycle:
  states: { seed: { group: open }, sprout: { group: open }, tree: { group: closed } }
  transitions:
    water: { from: seed, to: sprout, by: agent }
    grow: { from: sprout, to: tree, needs: [soil], by: agent }
clocks:
  growth: { start: created, stop: [state tree], goals: [{ goal: 8h }] }
${rights}`;
/* sprout is gone, so is soil; shoot comes in the middle; grow leaves another state; another clock. */
const second = `practice: Tests
purpose: A plant grows through versions.
type: { name: plant, extends: task, number: "PLT{000}", title: title }
fields:
  height: { kind: integer, least: 0 }
lifecycle:
  states: { seed: { group: open }, shoot: { group: open }, tree: { group: closed }, dead: { group: cancelled } }
  transitions:
    plant_out: { from: seed, to: shoot, by: agent }
    grow: { from: shoot, to: tree, needs: [height], by: agent }
    freeze: { from: [seed, shoot], to: dead, by: agent }
clocks:
  season: { start: created, stop: [state tree, state dead], goals: [{ goal: 24h }] }
${rights}`;
const move = (states) => `migration: All plants are of the new kind
steps:
  - { move: plant, from: 1, states: ${states} }
  - { drop: plant.soil }
`;

/* A bed is agreed to, then made by the tasks of its model. */
const bed = `practice: Tests
purpose: A bed is made as its model says.
type: { name: bed, extends: task, number: "BED{000}", title: title }
lifecycle:
  states: { asked: { group: waiting }, doing: { group: open }, over: { group: closed }, refused: { group: cancelled } }
  transitions:
    agree: { from: asked, to: doing, by: approval }
    refuse: { from: asked, to: refused, by: approval }
    complete: { from: doing, to: over, by: tasks }
approvals:
  garden: { in: asked, steps: [{ name: chief, ask: [{ person: ann }] }], approved: agree, rejected: refuse }
tasks: { in: doing, done: complete, steps: { all: { label: All of it } } }
${rights}`;
const border = (form, tasks) => `practice: Tests
purpose: A border of a garden.
model: { name: border, type: bed, label: A border }
form: { plan: { questions: { ${form} } } }
set: { title: A border }
tasks:
${tasks}`;
const border_1 = border("kind: { kind: choice, choices: [lawn, roses] }", "  dig: {}\n  plant: { after: dig, when: kind = roses }\n");
const border_2 = border("size: { kind: text }", "  measure: {}\n  plant: { after: measure, when: size is set }\n");

class Folder {
	constructor() {
		this.path = mkdtempSync(join(tmpdir(), "reeve-practices-"));
		for (const name of readdirSync(join(root, "practices")))
			if (!name.endsWith(".story.yaml")) cpSync(join(root, "practices", name), join(this.path, name), { recursive: true });
	}

	write(name, text) {
		const path = join(this.path, name);
		mkdirSync(join(path, ".."), { recursive: true });
		writeFileSync(path, text);
		return this;
	}

	remove() {
		rmSync(this.path, { recursive: true, force: true });
	}
}

const migrate = (place, folder, ...what) => place.command(["migrate", ...what, "--practices", folder.path]);

async function applied(place, folder) {
	const { code, out, err } = await migrate(place, folder, "--apply");
	equal(code, 0, `migrate --apply: ${err}`);
	return out;
}

/* On PostgreSQL the command is another process: the server notices within a second. */
const noticed = (place, what) => until(what, 5000);

/*
 * What was prepared with the definitions of before and comes to the writer after them is refused with 503 and Retry-After, nothing done
 * (docs/guides/errors.md): whoever writes while a server takes up a publication tries again.
 */
async function write(place, login, path, body) {
	let answer;
	await until(async () => (answer = await place.api(login, "POST", path, body)).status !== 503, 5000);
	return answer;
}

const step = (place, number, name, body = {}) => write(place, "ann", `/api/v1/plant/${number}/transitions/${name}`, body);
const plant = async (place, title, fields = {}) => {
	const { status, body } = await write(place, "ann", "/api/v1/plant", { title, ...fields });
	equal(status, 201, `create ${title}: ${JSON.stringify(body)}`);
	return body.number;
};
const look = async (place, number) => (await place.api("ann", "GET", `/api/v1/plant/${number}`)).body;

/* The first version is published on a server that knew nothing of it. */
async function begin(place, folder) {
	await place.start();
	await place.person("ann", ["agent", "administrator"]);
	equal((await place.api("ann", "GET", "/api/v1/plant")).status, 404, "no such type yet");
	folder.write("plant.yaml", first);
	await applied(place, folder);
	ok(await noticed(place, async () => (await place.api("ann", "GET", "/api/v1/plant")).status === 200), "the running server knows the new type");
}

async function publish_second(place, folder) {
	folder.write("plant.yaml", second);
	const plan = await migrate(place, folder, "--plan");
	equal(plan.code, 0, plan.err);
	for (const line of ["+ state shoot", "- state sprout", "~ transition grow: from: sprout -> shoot", "- clock growth", "stay on version 1"])
		ok(plan.out.includes(line), `the plan says "${line}": ${plan.out.slice(0, 2000)}`);
	await applied(place, folder);
	ok(await noticed(place, async () => (await place.api("ann", "POST", "/api/v1/plant", { title: "first of the new", soil: "x" })).status === 422), "soil is no field of new plants");
}

async function versions_side_by_side(place, folder) {
	await begin(place, folder);
	const old = await plant(place, "old one"), waiting = await plant(place, "waits"), other = await plant(place, "another");
	equal((await step(place, old, "water")).body.state, "sprout", "v1 runs");
	await step(place, waiting, "water");
	await publish_second(place, folder);
	/* The old record finishes on version 1, with its field and without the new steps. */
	equal((await look(place, old)).state, "sprout", "a cell means the same after the states moved");
	equal((await look(place, old)).clocks.map((clock) => clock.name).join(), "growth", "its own clock");
	equal((await step(place, old, "freeze")).status, 404, "version 1 has no freeze");
	equal((await step(place, old, "grow")).status, 422, "version 1 needs soil");
	const grown = await step(place, old, "grow", { soil: "clay" });
	equal(`${grown.status} ${grown.body.state} ${grown.body.soil}`, "200 tree clay", `the old record finishes: ${JSON.stringify(grown.body)}`);
	/* A new one runs version 2. */
	const fresh = await plant(place, "new one");
	equal((await step(place, fresh, "water")).status, 404, "version 2 has no water");
	equal((await look(place, fresh)).transitions.map((one) => one.name).sort().join(), "freeze,plant_out", "its steps");
	equal((await step(place, fresh, "plant_out")).body.state, "shoot", "v2 runs");
	equal((await step(place, fresh, "grow", { height: 3 })).body.state, "tree", "and ends");
	/* The map must say where sprout goes; nothing moves before. */
	folder.write("migrations/0001-plants.yaml", move("{ seed: seed }"));
	const refused = await migrate(place, folder, "--apply");
	equal(refused.code, 1, "a state without a target is refused");
	ok(/records of plant on version 1 are 'sprout', which version 2 does not have; say where they go/.test(refused.err), refused.err);
	equal((await look(place, waiting)).state, "sprout", "nothing moved");
	folder.write("migrations/0001-plants.yaml", move("{ sprout: shoot }"));
	const plan = (await migrate(place, folder, "--plan")).out;
	ok(plan.includes("1 plant of version 1 in sprout move to version 2 as shoot"), "the plan counts them");
	ok(plan.includes("plant.soil goes with all its values as soon as no record runs on a version that has it (migrations/0001-plants.yaml)"), plan);
	ok((await applied(place, folder)).includes("3 records moved"), "moved");
	ok(await noticed(place, async () => (await look(place, waiting)).state === "shoot"), "it is a shoot now");
	const moved = await look(place, waiting);
	ok(moved.clocks.some((clock) => clock.name === "season" && clock.state === "running"), `the new clock runs: ${JSON.stringify(moved.clocks)}`);
	equal((await step(place, waiting, "water")).status, 404, "the old step is gone");
	const events = (await place.history("ann", "plant", waiting)).filter((event) => event.kind === "moved");
	equal(events.length, 1, "one event says so");
	equal(JSON.stringify(events[0].changes?.state ?? events[0].payload?.changes?.state), '["sprout","shoot"]', `from where to where: ${JSON.stringify(events[0])}`);
	equal((await look(place, old)).state, "tree", "a closed one was moved too");
	equal((await look(place, other)).state, "seed", "and one in a state of the same name");
	equal((await step(place, waiting, "grow", { height: 1 })).body.state, "tree", "and it ends on version 2");
	ok((await migrate(place, folder, "--plan")).out.includes("nothing to do"), "nothing is left");
	await place.cli("verify");
}

async function back_again(place, folder) {
	await begin(place, folder);
	const old = await plant(place, "old one", { soil: "sand" });
	await publish_second(place, folder);
	const fresh = await plant(place, "new one", { height: 7 });
	const back = await place.command(["migrate", "--revert", "plant"]);
	equal(back.code, 0, `revert: ${back.err}`);
	ok(await noticed(place, async () => (await place.api("ann", "GET", "/api/v1/definitions/plant")).body.active === 3), "the first is active again, as the third");
	const third = await plant(place, "third", { soil: "peat" });
	equal((await step(place, third, "water")).body.state, "sprout", "new ones run the first process");
	equal((await step(place, fresh, "plant_out")).body.state, "shoot", "those of the second go on");
	equal((await look(place, fresh)).height, 7, "with what they have");
	equal((await step(place, old, "water")).body.state, "sprout", "and those of the first");
	equal((await place.command(["migrate", "--revert", "nothing"])).code, 1, "no such type");
	/* An import brings nobody into a state of a version that new records do not run on. */
	writeFileSync(join(folder.path, "late.jsonl"), JSON.stringify({ title: "late", state: "dead", requester: "ann" }));
	const late = await place.command(["import", "plant", join(folder.path, "late.jsonl")]);
	ok(/1 refused/.test(late.out), `refused: ${late.out}${late.err}`);
	equal((await place.command(["migrate", "--revert", "plant"])).code, 0, "back and forth");
	/* Who may read all of it sees how it came about, others do not. */
	await place.person("rick", ["requester"]);
	equal((await place.api("rick", "GET", "/api/v1/definitions/plant")).status, 403, "a requester may not");
	equal((await place.api("", "GET", "/api/v1/definitions")).status, 401, "nor may nobody");
	ok(!(await place.api("rick", "GET", "/api/v1/definitions")).body.items.some((one) => one.type === "plant"), "it is not in a requester's list");
	const told = (await place.api("ann", "GET", "/api/v1/definitions/plant?version=1")).body;
	equal(told.versions.map((one) => `${one.version}:${one.records}`).join(" "), "4:0 3:1 2:1 1:1", "how many run on each");
	ok(told.versions[2].differences.some((line) => line.startsWith("+ state shoot")), "what changed");
	ok(told.source.includes("sprout: { group: open }"), "the source of version 1");
	/* A copy has all versions. */
	const copy = join(folder.path, "copy"), restored = new Place();
	try {
		await place.cli("backup", copy);
		cpSync(join(place.data, "seal.key"), join(restored.data, "seal.key"));
		await restored.cli("restore", copy);
		await restored.cli("verify");
		equal(JSON.stringify(await restored.records("plant")), JSON.stringify(await place.records("plant")), "and all records");
		await restored.start();
		restored.tokens.set("ann", await place.token("ann"));
		equal((await restored.api("ann", "GET", `/api/v1/plant/${fresh}`)).body.transitions.map((one) => one.name).sort().join(), "freeze,grow", "which go on");
	} finally {
		await restored.remove();
	}
	await place.cli("verify");
}

/* The command that publishes and moves is killed in the middle, again and again; then it is run to its end. */
async function killed_in_between(place, folder) {
	await begin(place, folder);
	const rows = Array.from({ length: 1500 }, (_, i) => JSON.stringify({ title: `plant ${i}`, state: i % 2 ? "sprout" : "seed" }));
	const file = join(folder.path, "plants.jsonl");
	writeFileSync(file, rows.join("\n"));
	await place.cli("import", "plant", file);
	folder.write("plant.yaml", second).write("migrations/0001-plants.yaml", move("{ sprout: shoot }"));
	await place.end("SIGKILL");
	let kills = 0;
	for (const ms of [30, 90, 160, 240, 330]) {
		const ended = await run(binary, ["migrate", "--apply", ...place.where, "--practices", folder.path], { limitMs: ms });
		kills += ended.code === "SIGKILL" ? 1 : 0;
		await place.start();
		const { items } = (await place.api("ann", "GET", "/api/v1/plant?limit=100")).body;
		for (const one of items ?? []) ok(["seed", "sprout", "shoot"].includes(one.state), `${one.number} is ${one.state}`);
		await place.end("SIGKILL");
	}
	ok(kills > 0, "it was killed in the middle");
	const { code, err } = await migrate(place, folder, "--apply");
	equal(code, 0, `the same command goes on: ${err}`);
	await place.start();
	const states = {};
	for (const one of await place.records("plant")) states[one.state] = (states[one.state] ?? 0) + 1;
	equal(JSON.stringify(states), JSON.stringify({ seed: 750, shoot: 750 }), "every record is on the new version, once");
	ok((await migrate(place, folder, "--plan")).out.includes("nothing to do"), "and nothing is left to do");
	await place.cli("verify");
}

/* Clients write without a pause while definitions come and go; on PostgreSQL two servers do. What is answered is done once, and right. */
async function written_meanwhile(place, folder) {
	await begin(place, folder);
	const second_node = place.database ? new Place({ database: place.database }) : null;
	try {
		if (second_node) {
			cpSync(join(place.data, "seal.key"), join(second_node.data, "seal.key"));
			await second_node.start();
		}
		const nodes = second_node ? [place, second_node] : [place], running = { on: true };
		const told = { created: 0, stepped: 0, later: 0 };
		const token = await place.token("ann");
		nodes.forEach((node) => node.tokens.set("ann", token));
		const client = async (node) => {
			const mine = [];
			for (let i = 0; running.on; i++) {
				const number = mine[i % (mine.length + 1)];
				const open = number ? (await node.api("ann", "GET", `/api/v1/plant/${number}`)).body.transitions ?? [] : [];
				const answer = open.length > 0 ?
					await step(node, number, open[0].name, {}) :
					await node.api("ann", "POST", "/api/v1/plant", { title: `plant ${i}` });
				ok([200, 201, 404, 409, 422, 503].includes(answer.status), `${answer.status} ${JSON.stringify(answer.body)}`);
				if (answer.status === 201) mine.push(answer.body.number), told.created++;
				else if (answer.status === 200) told.stepped++;
				else told.later++;
			}
		};
		folder.write("migrations/0001-plants.yaml", "migration: Fields come and go\nsteps: [{ keep: plant.soil }, { keep: plant.height }]\n");
		const clients = [...nodes, ...nodes].map(client);
		clients.forEach((one) => one.catch(() => (running.on = false)));
		for (let round = 0; round < 4; round++) {
			await new Promise((done) => setTimeout(done, 400));
			folder.write("plant.yaml", round % 2 ? first : second);
			await applied(place, folder);
		}
		running.on = false;
		await Promise.all(clients);
		ok(told.created > 20 && told.stepped > 5, `they got to write: ${JSON.stringify(told)}`);
		const states = new Set((await place.records("plant")).map((one) => one.state));
		for (const state of states) ok(["seed", "sprout", "shoot", "tree", "dead"].includes(state), `${state} is a state`);
		await until(async () => /0 waiting/.test(await place.cli("verify")), 5000);
		ok(/0 waiting/.test(await place.cli("verify")), "all is sealed, and as its events say");
	} catch (error) {
		if (second_node?.log) console.log(`log of the second server:\n${second_node.log}`);
		throw error;
	} finally {
		await second_node?.remove();
	}
}

const make_bed = async (place, answers) => {
	const { status, body } = await write(place, "bob", "/api/v1/bed", { model: "border", answers });
	equal(status, 201, JSON.stringify(body));
	return body.number;
};
const look_at_bed = async (place, number) => (await place.api("bob", "GET", `/api/v1/bed/${number}`)).body;
const tasks_of = async (place, number) => (await place.api("bob", "GET", `/api/v1/bed/${number}/tasks`)).body.items;
const steps_of = async (place, number) => (await tasks_of(place, number)).map((task) => task.step).sort().join();
async function agree(place, number) {
	const round = (await place.api("ann", "GET", `/api/v1/bed/${number}/approvals`)).body.items.at(-1).id;
	const { status, body } = await write(place, "ann", `/api/v1/bed/${number}/approvals/${round}/votes`, { vote: "approve" });
	equal(status, 200, JSON.stringify(body));
}
async function complete(place, number, step) {
	const task = (await tasks_of(place, number)).find((one) => one.step === step);
	const { status, body } = await write(place, "bob", `/api/v1/work_task/${task.number}/transitions/complete`, {});
	equal(status, 200, `${step}: ${JSON.stringify(body)}`);
}
const active_is = (place, version) => noticed(place, async () => (await place.api("ann", "GET", "/api/v1/definitions/bed")).body.active === version);

/* A model is published while what was made from it waits for an agreement. */
async function models_of_then(place, folder) {
	await place.start();
	await place.person("ann", ["agent", "administrator"]);
	await place.person("bob", ["agent"]);
	folder.write("bed.yaml", bed).write("models/border.yaml", border_1);
	await applied(place, folder);
	ok(await active_is(place, 1), "the type is there");
	const old = await make_bed(place, { kind: "roses" }), waits = await make_bed(place, { kind: "roses" });
	const begun = await make_bed(place, { kind: "roses" });
	await agree(place, begun);
	equal(await steps_of(place, begun), "dig,plant", "version 1 is made");
	await complete(place, begun, "dig");
	folder.write("models/border.yaml", border_2);
	const plan = await migrate(place, folder, "--plan");
	for (const line of ["models/border.yaml", "+ tasks measure", "- tasks dig", "2 bed of version 1 in asked stay on version 1"])
		ok(plan.out.includes(line), `the plan says "${line}": ${plan.out.slice(0, 2000)}`);
	ok((await place.command(["check", folder.path])).out.includes("2 bed of version 1 in asked stay on version 1"), "and so does the check");
	await applied(place, folder);
	ok(await active_is(place, 2), "a model is a part of its type's version");
	const fresh = await make_bed(place, { size: "3 m" });
	equal((await write(place, "bob", "/api/v1/bed", { model: "border", answers: { kind: "roses" } })).status, 422, "the new form asks for the size");
	await agree(place, old);
	await agree(place, fresh);
	equal(await steps_of(place, old), "dig,plant", "the old record goes on with the model of then");
	equal((await look_at_bed(place, old)).answers[0].value, "roses", "and says what was answered");
	equal(await steps_of(place, fresh), "measure,plant", "the new one has the new tasks");
	/* One command goes back: the third version is the first again. */
	const back = await place.command(["migrate", "--revert", "bed"]);
	equal(back.code, 0, `revert: ${back.err}`);
	ok(await active_is(place, 3), "the model went back with it");
	const third = await make_bed(place, { kind: "lawn" });
	await agree(place, third);
	equal(await steps_of(place, third), "dig", "a new record is made as at first");
	await complete(place, fresh, "measure");
	equal(await steps_of(place, fresh), "measure,plant", "that of the second goes on");
	/* And forward, with a map: whoever was on the first follows the second. */
	folder.write("migrations/0001-beds.yaml", "migration: All borders are measured\nsteps: [{ move: bed, from: all }]\n");
	await applied(place, folder);
	ok(await active_is(place, 4), "the second is active again");
	ok(await noticed(place, async () => (await place.history("bob", "bed", waits)).some((event) => event.kind === "moved")), "moved");
	await agree(place, waits);
	equal(await steps_of(place, waits), "measure", "a moved record follows the new model; the size was never asked");
	equal(await steps_of(place, begun), "dig,measure,plant", "tasks that are there stay, those that came are made");
	const states = Object.fromEntries((await tasks_of(place, begun)).map((task) => [task.step, task.state]));
	equal(JSON.stringify(states), JSON.stringify({ dig: "done", measure: "ready", plant: "ready" }), "as they were");
	await complete(place, begun, "plant");
	equal((await look_at_bed(place, begun)).state, "doing", "it waits for the new one too");
	await complete(place, begun, "measure");
	equal((await look_at_bed(place, begun)).state, "over", "and ends");
	await place.cli("verify");
	return { waits, fresh };
}

/* A model that went is offered no more, but what was made from it goes on, and moves only where the map says. */
async function models_that_went(place, folder) {
	const { waits } = await models_of_then(place, folder);
	const path = join(folder.path, "models/border.yaml"), said = "were made from 'border', which the newest version does not have";
	rmSync(path);
	rmSync(join(folder.path, "migrations/0001-beds.yaml"));
	const plan = await migrate(place, folder, "--plan");
	ok(plan.out.includes(`${said}: they go on with it`), plan.out.slice(0, 3000));
	await applied(place, folder);
	ok(await active_is(place, 5), "without the model");
	equal((await write(place, "bob", "/api/v1/bed", { model: "border", answers: {} })).status, 422, "nothing new is made from it");
	equal((await look_at_bed(place, waits)).model, "border", "a record says what it was made from");
	equal((await place.api("bob", "GET", `/api/v1/bed?where=${encodeURIComponent("model = border")}`)).body.items.length, 5, "and is found by it");
	const bare = await write(place, "bob", "/api/v1/bed", { title: "without a model" });
	equal(bare.status, 201, JSON.stringify(bare.body));
	folder.write("migrations/0002-beds.yaml", "migration: No borders\nsteps: [{ move: bed, from: 4 }]\n");
	const refused = await migrate(place, folder, "--apply");
	equal(refused.code, 1, "nothing says what they follow");
	ok(refused.err.includes(`${said}; say what they follow: models: { border: MODEL }, or none`), refused.err);
	folder.write("migrations/0002-beds.yaml", "migration: No borders\nsteps: [{ move: bed, from: 4, models: { border: hedge } }]\n");
	ok((await migrate(place, folder, "--apply")).err.includes("bed has no model 'hedge'"), "nor does another that is not there");
	folder.write("migrations/0002-beds.yaml", "migration: No borders\nsteps: [{ move: bed, from: 4, models: { border: none } }]\n");
	await applied(place, folder);
	ok(await noticed(place, async () => (await look_at_bed(place, waits)).model === null), "it follows the type now");
	equal(await steps_of(place, waits), "all,measure", "whose step it got");
	await place.cli("verify");
}

/* Several publish at the same moment: the same set is one version, whatever the plans said; others come one after the other. */
async function published_at_once(place, folder) {
	await begin(place, folder);
	await plant(place, "old one", { soil: "sand" });
	folder.write("plant.yaml", second);
	const all = await Promise.all([1, 2, 3, 4].map(() => migrate(place, folder, "--apply")));
	for (const one of all) equal(one.code, 0, one.err);
	const versions = async () => (await place.api("ann", "GET", "/api/v1/definitions/plant")).body.versions.map((one) => one.version).join();
	ok(await noticed(place, async () => (await versions()) === "2,1"), `one version: ${await versions()}`);
	const others = [new Folder(), new Folder()];
	try {
		others.forEach((other, i) => other.write("plant.yaml", second.replace("goal: 24h", `goal: ${i + 30}h`)));
		for (const one of await Promise.all(others.map((other) => migrate(place, other, "--apply")))) equal(one.code, 0, one.err);
		ok(await noticed(place, async () => (await versions()) === "4,3,2,1"), `one after the other: ${await versions()}`);
		/* Two go back at once: each from what the other left, or one finds that it is done. */
		for (const one of await Promise.all([1, 2].map(() => place.command(["migrate", "--revert", "plant"])))) equal(one.code, 0, one.err);
		ok(await noticed(place, async () => /^(6,)?5,4/.test(await versions())), `back: ${await versions()}`);
	} finally {
		others.forEach((other) => other.remove());
	}
	equal((await step(place, await plant(place, "new one"), "plant_out")).body.state, "shoot", "and the server goes on");
	await place.cli("verify");
}

for (const kind of ["SQLite", "PostgreSQL"])
	for (const [name, body] of [["writes go on while definitions come and go", written_meanwhile],
		["old and new records run side by side, and a map moves them", versions_side_by_side],
		["records go on with the models of then", models_of_then], ["a model that went stays for its records", models_that_went],
		["several publish at once", published_at_once], ["one command goes back", back_again], ["kill -9 in the middle of a publication", killed_in_between]])
		test(`${kind}: ${name}`, async () => {
			if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
			const folder = new Folder();
			try {
				await inPlace(kind, (place) => body(place, folder));
			} finally {
				folder.remove();
			}
		}, 120000);
