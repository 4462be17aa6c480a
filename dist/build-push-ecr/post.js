import { removeLoginFolder } from "../shared/start.js";
// src/main/build-push-ecr-post.ts
/** Runs after the job, whatever happened: no login is left on disk. */
const folder = process.env["STATE_login-folder"] ?? "";
if (folder !== "") try {
	removeLoginFolder(folder);
} catch (error) {
	process.stdout.write(`::warning title=build-push-ecr::The login folder could not be removed: ${error.message.replaceAll("\n", " ")}\n`);
}
export {};
