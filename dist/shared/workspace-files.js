import { ConfigurationError } from "./configuration-error.js";
import { dirname, resolve } from "node:path";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
// src/main/workspace-files.ts
/** Files of the job's workspace: relative paths in inputs mean the workspace, as everywhere on GitHub. */
/**
* `workspace` may be empty: then the working directory counts. `redact` is for what is written: secrets stay
* out of reports.
*/
function workspaceFiles(workspace, redact = (text) => text) {
	const placeOf = (path) => resolve(workspace === "" ? "." : workspace, path);
	return {
		async readFile(path) {
			try {
				return await readFile(placeOf(path), "utf8");
			} catch (error) {
				throw new ConfigurationError("file-unreadable", `${path} cannot be read: ${wordsOf(error)}.`);
			}
		},
		async writeFile(path, text) {
			try {
				await mkdir(dirname(placeOf(path)), { recursive: true });
				await writeFile(placeOf(path), redact(text));
			} catch (error) {
				throw new ConfigurationError("file-unwritable", `${path} cannot be written: ${wordsOf(error)}.`);
			}
		},
		async appendFile(path, text) {
			try {
				await appendFile(placeOf(path), redact(text));
			} catch (error) {
				throw new ConfigurationError("file-unwritable", `${path} cannot be written: ${wordsOf(error)}.`);
			}
		}
	};
}
function wordsOf(error) {
	const { code, message } = error;
	if (code === "ENOENT") return "there is no such file or folder";
	if (code === "EACCES") return "permission denied";
	if (code === "ENOSPC") return "the disk is full";
	return message;
}
export { workspaceFiles };
