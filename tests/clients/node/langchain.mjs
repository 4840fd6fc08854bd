// LangChain's image tool, which asks for links and can only name models of its own time.
import { DallEAPIWrapper } from "@langchain/openai";
import { base, digest, prompt, say } from "./shared.mjs";

const out = {};
for (const format of ["url", "b64_json"]) {
  const tool = new DallEAPIWrapper({
    model: "dall-e-3",
    apiKey: "anything",
    baseUrl: base,
    dallEResponseFormat: format,
    maxRetries: 0,
  });
  const answer = await tool.invoke(prompt);
  const data = format === "url" ? new Uint8Array(await (await fetch(answer)).arrayBuffer()) : Buffer.from(answer, "base64");
  out[format] = digest(data);
}
say(out);
