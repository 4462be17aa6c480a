import { parseHandover } from "../shared/start.js";
// src/main/rolling-deploy-post.ts
/**
* Runs at the end of the job, whatever became of the step. After a step that came to its end there is nothing
* to do, and no more is loaded than this.
*/
const rollouts = parseHandover(process.env[`STATE_rollouts`] ?? "");
const untold = (process.env["STATE_ips-github-deployment"] ?? "") !== "";
if (rollouts.length > 0 || untold) {
	const { runPost } = await import("../shared/run-post.js");
	await runPost("rolling-deploy", rollouts);
}
export {};
