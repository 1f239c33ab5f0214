// A client whose every type was generated from the gateway's document. What is marked as an error here
// must be one: the types would not tell, otherwise.
import createClient from "openapi-fetch";

import type { components, paths } from "./gateway.js";

declare const process: { env: Record<string, string | undefined>; exit(code: number): never };

type Schemas = components["schemas"];

const url = process.env.REFERENCE_URL ?? "";
const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${process.env.REFERENCE_KEY}` },
});
const messages: Schemas["ChatMessage"][] = [{ role: "user", content: "What is 6 x 7?" }];

function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

async function lists(): Promise<void> {
  const { data } = await client.GET("/v1/models");
  assert(data?.object === "list", "a list of models");
  const { data: health } = await client.GET("/upstream-health");
  assert(health?.upstream === true, "the mock is reached");
}

async function answersWhole(): Promise<void> {
  const body = { model: "plain", messages, stream: false, summaries: { style: "sentence" as const } };
  const { data } = await client.POST("/v1/chat/completions", { body });
  assert(data !== undefined && "summaries" in data, "summaries");
  assert(data.choices[0]?.message.content === "42", "an answer");
  assert(data.summaries.prompt?.source === "model", "a summary");

  const { data: response } = await client.POST("/v1/responses", { body: { model: "plain", input: "hi" } });
  assert(response !== undefined && "output" in response, "a response");
  const item = response.output.find((item) => item.type === "message");
  assert(item?.type === "message" && item.content[0]?.text === "42", "an output");

  const asked: Schemas["MessageParam"][] = [{ role: "user", content: "hi" }];
  const { data: message } = await client.POST("/v1/messages", { body: { model: "plain", messages: asked } });
  assert(message !== undefined && "stop_reason" in message, "a message");
  const block = message.content[0];
  assert(block?.type === "text" && block.text === "42", "a block");
}

async function streams(): Promise<void> {
  const body = { model: "plain", messages };
  const { data } = await client.POST("/v1/chat/completions", { body, parseAs: "text" });
  const blocks = String(data).trim().split("\n\n").map((block) => block.split("\ndata: "));
  const [name, first] = blocks[0] ?? [];
  const summary: Schemas["PromptSummary"] = JSON.parse(first ?? "");
  assert(name === "event: summary.prompt" && summary.text.length > 0, "the prompt's summary first");
  const done: Schemas["OutputDone"] = JSON.parse(blocks.at(-1)?.[1] ?? "");
  assert(done.finish_reason === "stop" && done.attempts.b === 1, "an end");
}

async function fails(): Promise<void> {
  const wrong = { model: "plain", messages, temperature: 9 };
  const { error, response } = await client.POST("/v1/chat/completions", { body: wrong });
  assert(response.status === 422 && error?.code === "invalid_request", "a refusal");
  assert(error.errors?.[0]?.field === "temperature", "the member that is wrong");
}

/** Never run: each line that is marked is one that does not compile. */
export function misuses(): void {
  // @ts-expect-error: a model has a name
  void client.POST("/v1/chat/completions", { body: { messages } });
  // @ts-expect-error: there is no such style
  void client.POST("/v1/chat/completions", { body: { model: "m", messages, summaries: { style: "ode" } } });
  // @ts-expect-error: there is no such path
  void client.GET("/v1/nothing");
  // @ts-expect-error: there is no such reason
  const reason: Schemas["OutputDone"]["finish_reason"] = "bored";
  void reason;
}

try {
  await lists();
  await answersWhole();
  await streams();
  await fails();
  console.log("reference: a generated client compiles and is answered");
} catch (error) {
  console.error(error);
  process.exit(1);
}
