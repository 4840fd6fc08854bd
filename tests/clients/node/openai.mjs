// The official client, plain and in Azure mode.
import { mkdtempSync, writeFileSync, createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { base, editor, image, mask, model, ofBase64, prompt, root, say } from "./shared.mjs";

const client = new OpenAI({ baseURL: base, apiKey: "anything", maxRetries: 0 });
const size = "1024x1024";
const out = {};

const made = await client.images.generate({ model, prompt, size, quality: "low", n: 2 });
out.made = made.data.map((item) => ofBase64(item.b64_json));
out.usage = made.usage.total_tokens;

const one = await client.images.edit({ model: editor, prompt, size, image: await toFile(image, "a.png") });
out.one = ofBase64(one.data[0].b64_json);

const path = join(mkdtempSync(join(tmpdir(), "pochoir-")), "b.png");
writeFileSync(path, image);
const several = await client.images.edit({
  model: editor,
  prompt,
  size,
  image: [createReadStream(path), await toFile(image, "c.png", { type: "image/png" })],
  mask: await toFile(mask, "mask.png", { type: "image/png" }),
});
out.several = ofBase64(several.data[0].b64_json);

const stream = await client.images.generate({ model: editor, prompt, size, stream: true, partial_images: 2 });
out.events = [];
for await (const event of stream) out.events.push(event.type);

try {
  await client.images.generate({ model, prompt, size: "7x7" });
} catch (error) {
  out.refused = { name: error.constructor.name, status: error.status, code: error.code, param: error.param };
}
try {
  await client.images.generate({ model: "gpt-image-1", prompt });
} catch (error) {
  out.dead = { name: error.constructor.name, status: error.status, code: error.code };
}

const azure = new AzureOpenAI({ endpoint: root, apiKey: "anything", apiVersion: "2025-04-01-preview", maxRetries: 0 });
out.azure = ofBase64((await azure.images.generate({ model, prompt, size })).data[0].b64_json);
const changed = await azure.images.edit({ model: editor, prompt, size, image: await toFile(image, "a.png") });
out.azureEdit = ofBase64(changed.data[0].b64_json);
say(out);
