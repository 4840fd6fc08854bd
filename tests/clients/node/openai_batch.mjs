// The official client, plain and in Azure mode: files and batches.
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { base, model, ofBase64, prompt, root, say } from "./shared.mjs";

const client = new OpenAI({ baseURL: base, apiKey: "anything", maxRetries: 0 });
const azure = new AzureOpenAI({ endpoint: root, apiKey: "anything", apiVersion: "2025-04-01-preview", maxRetries: 0 });
const url = "/v1/images/generations";
const line = (custom_id, body) => JSON.stringify({ custom_id, method: "POST", url, body }) + "\n";
const good = line("good", { model, prompt, size: "1024x1024", quality: "low" });
const lines = good + line("bad", { model: "nobody", prompt });
const out = {};

const finished = async (at, batch) => {
  while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) {
    await new Promise((done) => setTimeout(done, 50));
    batch = await at.batches.retrieve(batch.id);
  }
  return batch;
};
const work = async (at) => {
  const file = await at.files.create({ file: await toFile(Buffer.from(lines), "in.jsonl"), purpose: "batch" });
  const text = await (await at.files.content(file.id)).text();
  out.up = { purpose: file.purpose, filename: file.filename, same: text === lines };
  const asked = { input_file_id: file.id, endpoint: url, completion_window: "24h" };
  const batch = await finished(at, await at.batches.create(asked));
  const read = async (id) => JSON.parse(await (await at.files.content(id)).text());
  const { total, completed, failed } = batch.request_counts;
  return {
    status: batch.status,
    counts: [total, completed, failed],
    good: ofBase64((await read(batch.output_file_id)).response.body.data[0].b64_json),
    bad: (await read(batch.error_file_id)).response.status_code,
  };
};
out.plain = await work(client);
out.azure = await work(azure);

out.listed = 0;
let newest;
for await (const batch of client.batches.list({ limit: 1 })) {
  newest ??= batch;
  out.listed += 1;
}
try {
  await client.batches.cancel(newest.id);
} catch (error) {
  out.late = { name: error.constructor.name, status: error.status };
}
const twice = await client.files.create({ file: await toFile(Buffer.from(good + good), "in.jsonl"), purpose: "batch" });
const asked = { input_file_id: twice.id, endpoint: url, completion_window: "24h" };
const wrong = await finished(client, await client.batches.create(asked));
out.wrong = { status: wrong.status, code: wrong.errors.data[0].code, line: wrong.errors.data[0].line };
out.gone = { deleted: (await client.files.delete(twice.id)).deleted };
try {
  await client.files.retrieve(twice.id);
} catch (error) {
  out.gone.name = error.constructor.name;
}
say(out);
