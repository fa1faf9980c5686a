/*
 * Adding a practice is copying a file: the commands of docs/guides/new-practice.md are run as they stand there, against a server that
 * is never started again, and the made-up practice is used through API and page by people who have no more than their roles.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { equal, match, ok, skip, test } from "../web/harness.mjs";
import { binary, inPlace, postgres, root, run, until } from "./place.mjs";

function commands() {
	const guide = readFileSync(join(root, "docs/guides/new-practice.md"), "utf8");
	return [...guide.matchAll(/```sh\n([^]*?)```/g)].flatMap((block) => block[1].trim().split("\n")).map((line) => line.split(" "));
}

/* In a folder that has what a checkout has; `reeve` is the program that is tested, on the place where a server may run. */
async function follow(place, scratch) {
	const done = [];
	for (const [program, ...args] of commands()) {
		ok(["cp", "reeve"].includes(program), `${program} is no command of the guide`);
		const where = args[0] === "migrate" ? place.where : [];
		const { code, out, err } = await run(program === "cp" ? "cp" : binary, [...args, ...where], { cwd: scratch });
		equal(code, 0, `${program} ${args.join(" ")}: ${err}${out}`);
		done.push({ command: args.join(" "), out });
	}
	return done;
}

async function copied_and_used(place, scratch) {
	await place.start();
	await place.person("mona", ["requester"]);
	await place.person("rosa", ["requester"]);
	await place.person("ann", ["administrator"]);
	equal((await place.api("ann", "PATCH", "/api/v1/user/rosa", { manager: "mona" })).status, 200);
	equal((await place.api("rosa", "GET", "/api/v1/loan")).status, 404, "there are no loans yet");

	const done = await follow(place, scratch);
	match(done.find((one) => one.command.startsWith("story")).out, /4 stories passed/);
	match(done.find((one) => one.command.includes("--plan")).out, /loan/);

	/* A server on SQLite did it itself; one on PostgreSQL notices within seconds. */
	ok(await until(async () => (await place.api("rosa", "GET", "/api/v1/loan")).status === 200), "the server takes it up by itself");
	const made = await place.api("rosa", "POST", "/api/v1/loan", { title: "A projector", what: "projector", due_back: "2030-03-01T17:00:00Z" });
	equal(made.status, 201, JSON.stringify(made.body));
	equal(made.body.state, "asked");
	const path = `/api/v1/loan/${made.body.number}`;
	equal((await place.api("rosa", "POST", `${path}/transitions/approve`, {})).status, 403, "nobody approves for themselves");
	const { items } = (await place.api("mona", "GET", `${path}/approvals`)).body;
	equal((await place.api("mona", "POST", `${path}/approvals/${items[0].id}/votes`, { vote: "approve" })).status, 200);
	equal((await place.api("rosa", "GET", path)).body.state, "ready");
	equal((await place.api("ann", "POST", `${path}/transitions/hand_out`, {})).body.state, "lent");
	const openapi = (await place.api("ann", "GET", "/api/v1/openapi.json")).body;
	ok(openapi.paths["/api/v1/loan/{number}"], "the API describes it");
	const list = await place.api("ann", "GET", "/api/v1/loan?q=" + encodeURIComponent("state = lent and what = projector"));
	equal(list.body.items.length, 1);
	await place.cli("verify");
}

for (const kind of ["SQLite", "PostgreSQL"])
	test(`${kind}: a practice is added by copying a file, while the server runs`, async () => {
		if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES names no server");
		const scratch = mkdtempSync(join(tmpdir(), "reeve-guide-"));
		for (const name of ["practices", "examples"]) cpSync(join(root, name), join(scratch, name), { recursive: true });
		try {
			await inPlace(kind, (place) => copied_and_used(place, scratch));
		} finally {
			rmSync(scratch, { recursive: true, force: true });
		}
	}, 120000);
