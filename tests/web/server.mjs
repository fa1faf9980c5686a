// A server of the test's own (on PostgreSQL when REEVE_TEST_DATABASE names an empty database): a fresh data directory, a free port, people and tokens; ends with the process.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const binary = process.env.REEVE_BINARY ?? join(root, "build", "reeve");

export async function startServer() {
  const data = mkdtempSync(join(tmpdir(), "reeve-web-"));
  const store = process.env.REEVE_TEST_DATABASE ? ["--database", process.env.REEVE_TEST_DATABASE] : [];
  const child = spawn(binary, ["serve", "--data", data, ...store, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
  const url = await new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (part) => {
      output += part;
      const found = /listening on (\S+)/.exec(output);
      if (found) resolve(found[1]);
    });
    child.on("exit", (status) => reject(new Error(`the server ended with ${status}`)));
  });
  const command = (...args) => execFileSync(binary, [...args, "--data", data, ...store], { encoding: "utf8" });
  return {
    url,
    data,
    command,
    // Adds a person and returns a token of theirs.
    person(login, name, ...roles) {
      command("user", "add", login, "--name", name, "--mail", `${login}@example.org`, ...roles.flatMap((role) => ["--role", role]));
      return command("token", "add", login).trim();
    },
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners("exit");
        child.on("exit", (status) => {
          rmSync(data, { recursive: true, force: true });
          resolve(status);
        });
        child.kill("SIGTERM");
      }),
  };
}

export class Counter {
  passed = 0;
  failed = 0;

  check(name, good, detail = "") {
    if (good) {
      this.passed++;
      return;
    }
    this.failed++;
    console.log(`FAIL  ${name}: ${typeof detail === "string" ? detail : JSON.stringify(detail)}`.slice(0, 800));
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed ? 1 : 0;
  }
}
