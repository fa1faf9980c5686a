// The same API contract on PostgreSQL: a database of its own on the server that REEVE_TEST_POSTGRES names.
import { execFileSync } from "node:child_process";

const url = process.env.REEVE_TEST_POSTGRES;
if (!url) {
  console.log("skip  no PostgreSQL: REEVE_TEST_POSTGRES is not set");
  console.log("0 passed, 0 failed");
} else {
  const name = `reeve_api_${process.pid}`;
  execFileSync("psql", [url, "-qc", `create database ${name}`]);
  process.env.REEVE_TEST_DATABASE = url.replace(/\/[^/?]*(?=\?|$)/, `/${name}`);
  await import("./api.test.mjs");
  process.on("exit", () => execFileSync("psql", [url, "-qc", `drop database if exists ${name} with (force)`]));
}
