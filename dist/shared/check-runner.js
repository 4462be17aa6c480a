import { spawn } from "node:child_process";
// src/shift/check-runner.ts
/** The user's checks for real: a process on the runner, a GET request. */
/** BSD's EX_TEMPFAIL: "try again later", and the way of a command to say that it could not tell. */
const inconclusiveExitCode = 75;
/** After SIGTERM a command has this long before SIGKILL. */
const killAfterMs = 2e3;
const bodyAtMost = 1e6;
const runCheck = (check, words, signal) => check.kind === "command" ? runCommand(check, words, signal) : askUrl(check, signal);
function runCommand(check, words, signal) {
	return new Promise((resolve) => {
		const child = spawn(check.command, {
			shell: true,
			detached: true,
			stdio: [
				"ignore",
				"pipe",
				"pipe"
			],
			env: {
				...process.env,
				...words
			}
		});
		let output = "";
		let late = false;
		const collect = (chunk) => {
			output = (output + chunk.toString("utf8")).slice(-4e3);
		};
		child.stdout.on("data", collect);
		child.stderr.on("data", collect);
		let killer;
		const end = () => {
			killGroup(child.pid, "SIGTERM");
			killer = setTimeout(() => killGroup(child.pid, "SIGKILL"), killAfterMs);
		};
		const deadline = setTimeout(() => {
			late = true;
			end();
		}, check.timeoutMs);
		signal.addEventListener("abort", end, { once: true });
		const finish = (result) => {
			clearTimeout(deadline);
			clearTimeout(killer);
			signal.removeEventListener("abort", end);
			resolve(result);
		};
		child.on("error", (error) => finish({
			kind: "failed",
			detail: error.message
		}));
		child.on("close", (code, killedBy) => {
			const said = lastLine(output);
			const told = (what) => said === "" ? what : `${what}: ${said}`;
			if (late) finish({
				kind: "failed",
				detail: told(`no end within ${check.timeoutMs / 1e3} s`)
			});
			else if (code === 0) finish({ kind: "passed" });
			else if (code === inconclusiveExitCode) finish({
				kind: "inconclusive",
				detail: told(`exit code ${code}`)
			});
			else finish({
				kind: "failed",
				detail: told(code === null ? `ended by ${killedBy}` : `exit code ${code}`)
			});
		});
	});
}
function killGroup(pid, signal) {
	if (pid === void 0) return;
	try {
		process.kill(-pid, signal);
	} catch {}
}
async function askUrl(check, signal) {
	try {
		const response = await fetch(check.url, {
			redirect: "manual",
			headers: {
				accept: "application/json, */*",
				"user-agent": "ips-deploy-actions"
			},
			signal: AbortSignal.any([signal, AbortSignal.timeout(check.timeoutMs)])
		});
		const body = await readBody(response);
		const { status } = response;
		if (!check.goodCodes.some(({ from, to }) => status >= from && status <= to)) return {
			kind: "failed",
			detail: `HTTP ${status}`
		};
		return check.json === void 0 ? { kind: "passed" } : judgeJson(body, check.json);
	} catch (error) {
		if (error.name === "TimeoutError") return {
			kind: "failed",
			detail: `no answer within ${check.timeoutMs / 1e3} s`
		};
		const { cause, message } = error;
		return {
			kind: "failed",
			detail: cause?.code ?? cause?.message ?? message
		};
	}
}
/** At most so much of it: an endless answer is no answer. */
async function readBody(response) {
	const decoder = new TextDecoder();
	let text = "";
	for await (const chunk of response.body ?? []) {
		text += decoder.decode(chunk, { stream: true });
		if (text.length > bodyAtMost) throw new Error("the answer is longer than 1 MB");
	}
	return text;
}
/** Pure. */
function judgeJson(body, { path, value }) {
	let found;
	try {
		found = JSON.parse(body);
	} catch {
		return {
			kind: "failed",
			detail: "the answer is no JSON"
		};
	}
	for (const name of path.split(".")) found = typeof found === "object" && found !== null && Object.hasOwn(found, name) ? found[name] : void 0;
	const told = found === void 0 ? "missing" : JSON.stringify(found);
	return found !== void 0 && (told === value || found === value) ? { kind: "passed" } : {
		kind: "failed",
		detail: `${path} is ${shorten(told)}, not ${value}`
	};
}
function lastLine(output) {
	return shorten(output.trim().split("\n").at(-1)?.trim() ?? "");
}
function shorten(text) {
	return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
export { judgeJson, runCheck };
