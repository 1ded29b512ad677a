"use strict";
// Starts Debian's Chromium and drives it. Each line of standard input is a
// command, and each line of standard output the answer to one:
//
//   {"open": url}         replaces the page by a new one without a history
//   {"evaluate": script}  runs a script in it and awaits what it returns
//
// The answer is {"value": …}, or {"error": …} with what was thrown. Driver and
// browser end with standard input.

const readline = require("node:readline");
const {setTimeout} = require("node:timers/promises");
const {chromium} = require("playwright-core");

// As in waiting.py, in milliseconds.
const DEADLINE = 15_000;

function launch() {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    // Its sandbox does not work for root, who runs tests in containers.
    chromiumSandbox: process.geteuid() !== 0,
    args: ["--disable-gpu", "--no-proxy-server",
           "--host-resolver-rules=MAP localhost 127.0.0.1"],
  });
}

let page;

async function run(browser, {open, evaluate}) {
  if (evaluate)
    return page.evaluate(evaluate);
  await page?.close();
  page = await browser.newPage();
  await page.goto(open);
}

async function answer(browser, command) {
  const answered = run(browser, command).then(
    value => ({value}), error => ({error: error.message}));
  const late = {error: `no answer within ${DEADLINE} ms`};
  return Promise.race([answered, setTimeout(DEADLINE, late, {ref: false})]);
}

async function main() {
  const browser = await launch();
  for await (const line of readline.createInterface({input: process.stdin}))
    console.log(JSON.stringify(await answer(browser, JSON.parse(line))));
  await browser.close();
}

main();
