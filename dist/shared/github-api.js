import { attemptHttp, sendHttp } from "./start.js";
// src/runner/github-http.ts
const attemptTimeoutMs = 1e4;
const attempts = 3;
const pauseMs = 1e3;
/** GitHub may ask for a minute or an hour: a deployment does not wait that long for advice. */
const longestPauseMs = 15e3;
const redirectsLimit = 3;
/** Never rejects. `value` is an object or a list. */
async function callGitHub(settings, call, signal) {
	const { token, clock, send = sendHttp, repository } = settings;
	if (token === void 0 || token === "") return failed("no-token", "no github-token is given");
	const apiUrl = (settings.apiUrl || "https://api.github.com").replace(/\/+$/, "");
	const repeatable = call.method === "GET" || call.repeatable === true;
	let url = `${apiUrl}/repos/${repository}${call.path}`;
	let redirects = 0;
	for (let attempt = 1;; attempt++) {
		const answer = await attemptHttp(send, requestOf(call, url, token), attemptTimeoutMs, signal);
		if (signal?.aborted) return failed("unreachable", "the job was cancelled");
		if (typeof answer === "string") {
			if (attempt >= attempts || !repeatable) return failed("unreachable", answer);
			await clock.sleep(pauseMs * attempt, signal);
			continue;
		}
		if (answer.status >= 300 && answer.status < 400) {
			const next = redirectOf(url, answer);
			if (next === void 0 || ++redirects > redirectsLimit) return failed("unexpected", `it redirects to another place (${answer.status})`);
			url = next;
			attempt--;
			continue;
		}
		const wait = pauseOf(answer, clock.now());
		if (wait !== void 0) {
			const mayAgain = repeatable || isRateLimited(answer);
			if (attempt >= attempts || wait > longestPauseMs || !mayAgain) return failureOf(answer);
			await clock.sleep(wait, signal);
			continue;
		}
		if (answer.status !== 200 && answer.status !== 201) return failureOf(answer);
		try {
			const value = await answer.json();
			if (typeof value === "object" && value !== null) return {
				ok: true,
				value
			};
		} catch {}
		return failed("unexpected", "its answer is no JSON");
	}
}
function failed(kind, reason) {
	return {
		ok: false,
		kind,
		reason: `GitHub: ${reason}`
	};
}
function requestOf({ method, body }, url, token) {
	return {
		method,
		url,
		headers: {
			accept: "application/vnd.github+json",
			authorization: `Bearer ${token}`,
			"user-agent": "ips-deploy-actions",
			"x-github-api-version": "2022-11-28",
			...body === void 0 ? {} : { "content-type": "application/json" }
		},
		...body === void 0 ? {} : { body: JSON.stringify(body) }
	};
}
/**
* A renamed repository answers with its new place: 307 and 308 keep the method, 301 is only given to reads. The
* token goes to no other host.
*/
function redirectOf(url, answer) {
	const location = answer.header("location");
	if (location === void 0 || !URL.canParse(location, url)) return void 0;
	const next = new URL(location, url);
	return next.origin === new URL(url).origin ? next.href : void 0;
}
/** How long to wait before the next attempt; undefined where the answer is final. */
function pauseOf(answer, now) {
	if (answer.status >= 500) return pauseMs;
	if (!isRateLimited(answer)) return void 0;
	const after = Number(answer.header("retry-after") ?? NaN);
	if (after >= 0) return after * 1e3;
	const reset = Number(answer.header("x-ratelimit-reset") ?? NaN);
	return reset > 0 ? Math.max(pauseMs, reset * 1e3 - now) : longestPauseMs;
}
function isRateLimited(answer) {
	if (answer.status === 429) return true;
	const spent = answer.header("x-ratelimit-remaining") === "0" || answer.header("retry-after") !== void 0;
	return answer.status === 403 && spent;
}
async function failureOf(answer) {
	const { status } = answer;
	if (isRateLimited(answer)) return failed("rate-limited", `its rate limit is used up (${status})`);
	const words = await messageOf(answer);
	const end = words === "" ? ` (${status})` : ` (${status}: ${words})`;
	if (status === 401 || status === 403) return failed("denied", `the github-token may not do this${end}`);
	if (status === 404) return failed("not-found", `it is not there for this token${end}`);
	if (status === 409 || status === 422) return failed("rejected", `it will not have this${end}`);
	return failed(status >= 500 ? "unreachable" : "unexpected", `it answers ${status}`);
}
async function messageOf(answer) {
	try {
		const { message, errors } = await answer.json();
		return [message, ...Array.isArray(errors) ? errors.map((each) => each?.message) : []].filter((each) => typeof each === "string").join(", ").replace(/\s+/g, " ").slice(0, 200);
	} catch {
		return "";
	}
}
// src/runner/github-api.ts
/** GitHub's REST API, as much of it as the actions need, in our own types. Nothing here rejects. */
/** GitHub's own limits. */
const commentsPerPage = 100;
const longestBody = 65536;
const longestDescription = 140;
function createGitHubApi(settings, cancelled) {
	const get = (path, signal = cancelled) => callGitHub(settings, {
		method: "GET",
		path
	}, signal);
	const post = (path, body, repeatable = false) => callGitHub(settings, {
		method: "POST",
		path,
		body,
		repeatable
	}, cancelled);
	return {
		async compare(base, head, signal) {
			const range = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
			return as(await get(`/compare/${range}?per_page=1`, signal), toComparison);
		},
		async comments(issue, page) {
			return as(await get(`/issues/${issue}/comments?per_page=100&page=${page}`), listOf(toComment));
		},
		addComment: async (issue, body) => as(await post(`/issues/${issue}/comments`, { body }), toComment),
		async changeComment(id, body) {
			return as(await callGitHub(settings, {
				method: "PATCH",
				path: `/issues/comments/${id}`,
				body: { body },
				repeatable: true
			}, cancelled), toComment);
		},
		async openIssues(label) {
			return as(await get(`/issues?state=open&labels=${encodeURIComponent(label)}&per_page=100`), listOf(toIssue));
		},
		async addIssue(title, body, label) {
			return as(await post("/issues", {
				title,
				body,
				labels: [label]
			}), toIssue);
		},
		async deployments(environment, sha) {
			const ofCommit = sha === void 0 ? "" : `sha=${encodeURIComponent(sha)}&`;
			return as(await get(`/deployments?${ofCommit}environment=${encodeURIComponent(environment)}&per_page=30`), listOf((value) => {
				const { id, payload } = value;
				return typeof id === "number" ? {
					id,
					payload
				} : void 0;
			}));
		},
		async addDeployment({ ref, task, environment, description, payload }) {
			const body = {
				ref,
				task,
				environment,
				description: description.slice(0, longestDescription),
				payload,
				auto_merge: false,
				required_contexts: []
			};
			return as(await post("/deployments", body), withId);
		},
		async lastStatus(deployment) {
			return as(await get(`/deployments/${deployment}/statuses?per_page=1`), (value) => {
				if (!Array.isArray(value)) return void 0;
				const { state, log_url } = value[0] ?? {};
				const text = (each) => typeof each === "string" ? each : "";
				return {
					state: text(state),
					logUrl: text(log_url)
				};
			});
		},
		async addStatus(deployment, { state, description, environmentUrl, logUrl }) {
			const body = {
				state,
				description: cut(description, longestDescription),
				...environmentUrl === void 0 ? {} : { environment_url: environmentUrl },
				...logUrl === void 0 ? {} : { log_url: logUrl }
			};
			return as(await post(`/deployments/${deployment}/statuses`, body, true), withId);
		},
		async tag(name) {
			const answer = await get(`/git/ref/tags/${encodePath(name)}`);
			if (!answer.ok && answer.kind === "not-found") return {
				ok: true,
				value: { sha: void 0 }
			};
			return as(answer, toRef);
		},
		async addTag(name, sha) {
			return as(await post("/git/refs", {
				ref: `refs/tags/${name}`,
				sha
			}, true), toRef);
		}
	};
}
/** An answer in our own type; `read` gives undefined for what is none. */
function as(answer, read) {
	if (!answer.ok) return answer;
	const value = read(answer.value);
	return value === void 0 ? failed("unexpected", "its answer is not what was asked for") : {
		ok: true,
		value
	};
}
function listOf(read) {
	return (value) => {
		if (!Array.isArray(value)) return void 0;
		return value.map(read).filter((each) => each !== void 0);
	};
}
function toComparison(value) {
	const { status, ahead_by, behind_by } = value;
	if ((status === "ahead" || status === "behind" || status === "identical" || status === "diverged") && typeof ahead_by === "number" && typeof behind_by === "number") return {
		status,
		aheadBy: ahead_by,
		behindBy: behind_by
	};
}
function toComment(value) {
	const { id, body } = value;
	return typeof id === "number" ? {
		id,
		body: typeof body === "string" ? body : ""
	} : void 0;
}
function toIssue(value) {
	const { number, html_url, body, pull_request } = value;
	if (typeof number !== "number" || pull_request !== void 0) return void 0;
	return {
		number,
		url: typeof html_url === "string" ? html_url : "",
		body: typeof body === "string" ? body : ""
	};
}
function toRef(value) {
	const sha = value["object"]?.["sha"];
	return typeof sha === "string" ? { sha } : void 0;
}
function withId(value) {
	const { id } = value;
	return typeof id === "number" ? { id } : void 0;
}
/** A tag's slashes are part of the path. */
function encodePath(name) {
	return name.split("/").map(encodeURIComponent).join("/");
}
function cut(text, longest) {
	return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
export { commentsPerPage, createGitHubApi, longestBody };
