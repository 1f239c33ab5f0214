// The API reference in a browser: it shows the document, lets one try an operation, and needs nobody else.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { browse, faults, real, shot, visit } from "./harness.mjs";

describe("the API reference", { concurrency: false }, () => {
  let browser;
  let gateway;

  before(async () => {
    gateway = await real();
    browser = await browse();
  });
  after(() => Promise.all([browser?.close(), gateway?.end()]));

  const sound = async (page) => {
    const { wrong, violations, stored } = await page.finish();
    assert.deepEqual([wrong, violations, stored], [[], [], 0]);
  };

  test("shows every operation", async () => {
    const page = await visit(browser, gateway.url, "/docs");
    await page.waitForSelector(".opblock");
    const document = await (await fetch(`${gateway.url}/openapi.json`)).json();
    const expected = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const shown = await page.$$eval(".opblock-summary", (rows) =>
      rows.map((row) => `${row.querySelector(".opblock-summary-method").textContent} ${row.querySelector(".opblock-summary-path").dataset.path}`));
    assert.deepEqual(shown.sort(), expected.sort());
    assert.match(await page.locator(".info").innerText(), /Inference Gateway/);
    assert.deepEqual(await faults(page, { runOnly: ["landmark-one-main", "landmark-no-duplicate-main", "landmark-unique"] }), []);
    await shot(page, "reference");
    await sound(page);
  });

  test("shows schemas and examples of a stream, and tries it", async () => {
    const page = await visit(browser, gateway.url, "/docs");
    const operation = page.locator("#operations-Answers-createChatCompletion");
    await operation.locator(".opblock-summary-control").click();
    await operation.locator("text=Try it out").click();
    await operation.locator("textarea").first().fill(JSON.stringify({ model: "plain", messages: [{ role: "user", content: "hi" }] }));
    await operation.locator(".execute").click();
    await page.waitForFunction(() => document.querySelector(".live-responses-table tbody .response-col_status")?.textContent.startsWith("200"));
    assert.match(await operation.locator(".live-responses-table").innerText(), /summary\.prompt[^]*output\.done/);
    await shot(page, "reference-tried");
    await sound(page);
  });

  test("leads from /docs/ to itself", async () => {
    const page = await visit(browser, gateway.url, "/docs/");
    await page.waitForSelector(".opblock");
    assert.equal(new URL(page.url()).pathname, "/docs");
    await sound(page);
  });
});
