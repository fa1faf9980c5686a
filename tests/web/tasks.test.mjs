/*
 * Tasks as people do them: the record's page with its tasks, the graph, one added by hand, one completed with what it needs; in a browser
 * with and without scripts, on a wide screen and on a phone. What a requester does not see. A model through the API.
 */
import { accessible, deepEqual, equal, match, ok, practiceServer, test } from "./harness.mjs";

let reeve;

test("a server with jobs", async () => {
	reeve = await practiceServer("tests/practices/tasks");
	await reeve.api("admin", "POST", "/api/v1/team", { name: "workshop", label: "Workshop" });
});

const job = async (body) => (await reeve.api("adam", "POST", "/api/v1/job", body)).body.number;
const begin = (number) => reeve.api("adam", "POST", `/api/v1/job/${number}/transitions/begin`, {});
const tasks = async (number) => Object.fromEntries((await reeve.api("adam", "GET", `/api/v1/job/${number}/tasks`)).body.items.map((task) => [task.step ?? task.title, task]));

for (const javaScriptEnabled of [true, false]) {
	test(`tasks on the page of their record ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
		const number = await job({ title: "A shed", size: "large" });
		await begin(number);
		const page = await reeve.page("adam", { javaScriptEnabled });
		await page.goto(`/job/${number}`);
		const panel = page.locator("#tasks");
		match(await panel.innerText(), /0 of 5 over/);
		deepEqual(await panel.locator(".task-row .state").allInnerTexts(), ["Ready", "Pending", "Pending", "Pending", "Pending"]);
		match(await panel.locator(".task-row").nth(1).innerText(), /Build it.*after Plan the job/s);
		if (javaScriptEnabled) await accessible(page, "a record with tasks");

		await panel.getByRole("link", { name: "Add a task" }).click();
		await page.getByLabel("Title").fill("Sweep the floor");
		equal(await page.getByLabel("Belongs to").first().inputValue(), number);
		await page.getByRole("button", { name: "Create" }).click();
		match(page.url(), /\/work_task\/TSK\d+/);
		match(await page.locator(".under").innerText(), new RegExp(number));
		equal(await page.locator(".record-head .state").innerText(), "Ready");

		await page.locator(".under a").click();
		await page.getByRole("link", { name: "What waits for what" }).click();
		equal(await page.locator(".task-drawing .task-box").count(), 6);
		equal(await page.locator(".task-drawing .task-edge").count(), 5);
		if (javaScriptEnabled) await accessible(page, "the graph of tasks");
		await page.getByRole("link", { name: /Plan the job/ }).last().click();
		equal(await page.locator("h1").innerText(), "Plan the job");
		deepEqual(page.problems, []);
		await page.close();
	});
}

test("the last task asks for what it needs, and moves the record on", async () => {
	const number = await job({ title: "A box" });
	await begin(number);
	for (const step of ["plan", "build", "dry"])
		equal((await reeve.api("nora", "POST", `/api/v1/work_task/${(await tasks(number))[step].number}/transitions/complete`, {})).status, 200, step);
	const last = (await tasks(number)).check.number;
	const offered = (await reeve.api("nora", "GET", `/api/v1/work_task/${last}`)).body.transitions.find((one) => one.name === "complete");
	deepEqual(offered.needs, ["result"]);
	equal((await reeve.api("nora", "POST", `/api/v1/work_task/${last}/transitions/complete`, {})).status, 422);
	equal((await reeve.api("adam", "POST", `/api/v1/job/${number}/transitions/close`, {})).status, 409);
	const page = await reeve.page("nora");
	await page.goto(`/work_task/${last}`);
	equal(await page.locator("#tasks .task-row.here").innerText(), await page.locator("#tasks .task-row").last().innerText());
	await accessible(page, "a task among the others of its record");
	await page.getByRole("button", { name: "Complete" }).click();
	await page.locator("#step-complete").getByLabel("Result").fill("It is good.");
	await page.locator("#step-complete").getByRole("button", { name: "Complete" }).click();
	await page.locator(".record-head .state.closed").waitFor();
	equal((await reeve.api("adam", "GET", `/api/v1/job/${number}`)).body.state, "review");
	deepEqual(page.problems, []);
	await page.close();
});

test("a phone shows the tasks without sideways scrolling", async () => {
	const number = await job({ title: "A shed with a rather long name, so that it has to be broken somewhere", size: "large" });
	await begin(number);
	const page = await reeve.page("adam", { viewport: { width: 390, height: 800 } });
	for (const path of [`/job/${number}`, `/job/${number}/tasks`]) {
		await page.goto(path);
		ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), path);
	}
	await page.close();
});

test("a requester follows the record and sees no tasks", async () => {
	const made = await reeve.api("rita", "POST", "/api/v1/job", { title: "For me" });
	await begin(made.body.number);
	equal((await reeve.api("rita", "GET", `/api/v1/job/${made.body.number}/tasks`)).body.items.length, 0);
	const page = await reeve.page("rita");
	await page.goto(`/job/${made.body.number}`);
	equal(await page.getByText("Plan the job").count(), 0);
	await page.goto(`/job/${made.body.number}/tasks`);
	equal(await page.getByText("Plan the job").count(), 0);
	await page.close();
});

test("a model makes everything or nothing", async () => {
	const before = (await reeve.api("adam", "GET", "/api/v1/job?count=true")).body.total;
	const wrong = await reeve.api("rita", "POST", "/api/v1/job", { model: "house", answers: { colour: "green", rooms: [{ name: "Kitchen" }] } });
	equal(wrong.status, 422);
	equal(wrong.body.errors[0].field, "answers.colour");
	equal((await reeve.api("adam", "GET", "/api/v1/job?count=true")).body.total, before);
	const made = await reeve.api("rita", "POST", "/api/v1/job", { model: "house", answers: { garden: true, rooms: [{ name: "Kitchen" }] } });
	equal(made.status, 201);
	equal(made.body.title, "A white house");
	/* The house, its garden, a kitchen and the kitchen's lamp. */
	equal((await reeve.api("adam", "GET", "/api/v1/job?count=true")).body.total, before + 4);
});

test("the server with jobs ends in order", () => reeve.stop());
