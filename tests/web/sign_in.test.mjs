/* Signing in: by password, by link, and what must not be learnt on the way. */
import { test, server, equal, match, ok, password } from "./harness.mjs";

async function post(reeve, path, form, headers = {}) {
	return fetch(reeve.url + path, { method: "POST", redirect: "manual", headers, body: new URLSearchParams(form) });
}

test("a person signs in with login and password and comes to where they wanted to go", async () => {
	const reeve = await server();
	const page = await reeve.page("", { javaScriptEnabled: false });
	await page.goto(`${reeve.url}/me`);
	match(page.url(), /\/sign-in\?next=%2Fme$/);
	await page.getByLabel("Login").fill("rita");
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	equal(new URL(page.url()).pathname, "/me");
	equal(await page.getByRole("heading", { level: 1 }).textContent(), "Rita Requester");
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.goto(`${reeve.url}/me`);
	match(page.url(), /\/sign-in/);
});

test("an unknown login and a wrong password are one answer", async () => {
	const reeve = await server();
	const wrong = await post(reeve, "/sign-in", { login: "ralf", password: "not this one" });
	const unknown = await post(reeve, "/sign-in", { login: "nobody-here", password: "not this one" });
	equal(wrong.status, 422);
	equal(unknown.status, 422);
	equal((await wrong.text()).replaceAll("ralf", "X"), (await unknown.text()).replaceAll("nobody-here", "X"));
});

test("the way on is never another site", async () => {
	const reeve = await server();
	for (const next of ["//evil.example/", "https://evil.example/", "/\\evil.example"]) {
		const answer = await post(reeve, "/sign-in", { login: "rita", password, next });
		equal(answer.status, 303);
		equal(answer.headers.get("location"), "/");
	}
});

test("signing in from another site is refused", async () => {
	const reeve = await server();
	const answer = await post(reeve, "/sign-in", { login: "rita", password }, { "Sec-Fetch-Site": "cross-site" });
	equal(answer.status, 403);
});

test("too many tries are slowed down, and the page says when to come back", async () => {
	const reeve = await server();
	let last;
	for (let i = 0; i < 12; i++) last = await post(reeve, "/sign-in", { login: "guessed", password: `guess number ${i}` });
	equal(last.status, 429);
	ok(Number(last.headers.get("retry-after")) > 0);
});

test("a one-time link asks first, works once, and only by its button", async () => {
	const reeve = await server();
	const link = (await reeve.cli("user", "link", "nora")).trim();
	for (let i = 0; i < 3; i++) match(await (await fetch(link)).text(), /Nora Network/);
	const used = await fetch(link, { method: "POST", redirect: "manual" });
	equal(used.status, 303);
	match(used.headers.get("set-cookie"), /HttpOnly; SameSite=Lax/);
	equal((await fetch(link, { method: "POST", redirect: "manual" })).status, 401);
	equal((await fetch(link)).status, 401);
});

test("a changed password ends all other sessions", async () => {
	const reeve = await server();
	const sign = async (word) => (await post(reeve, "/sign-in", { login: "tina", password: word })).headers.get("set-cookie")?.split(";")[0];
	const one = await sign(password), two = await sign(password), next = "Another battery 88";
	equal((await post(reeve, "/me/password", { current: "wrong", password: next }, { Cookie: one })).status, 422);
	equal((await post(reeve, "/me/password", { current: password, password: next }, { Cookie: one })).status, 303);
	equal((await fetch(`${reeve.url}/me`, { redirect: "manual", headers: { Cookie: two } })).status, 303);
	equal((await fetch(`${reeve.url}/me`, { redirect: "manual", headers: { Cookie: one } })).status, 303);
	ok(await sign(next));
	equal(await sign(password), undefined);
});

test("an API token is shown once and can be revoked", async () => {
	const reeve = await server();
	const page = await reeve.page("adam", { javaScriptEnabled: false });
	await page.goto(`${reeve.url}/me`);
	await page.getByLabel("What is it for?").fill("a script");
	await page.getByRole("button", { name: "Make a token" }).click();
	const token = await page.getByLabel("New API token").inputValue();
	const call = () => fetch(`${reeve.url}/api/v1/`, { headers: { Authorization: `Bearer ${token}` } });
	equal((await call()).status, 200);
	equal((await fetch(`${reeve.url}/me/password`, { method: "POST", headers: { Authorization: `Bearer ${token}` } })).status, 403);
	await page.goto(`${reeve.url}/me`);
	ok(!(await page.content()).includes(token));
	await page.getByRole("button", { name: "Revoke a script" }).click();
	equal((await call()).status, 401);
});
