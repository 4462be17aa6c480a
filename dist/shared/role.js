import { AwsCallError } from "./call-error.js";
import { withRetries } from "./retry.js";
import { callerOver } from "./sender.js";
import { requestIdToken, systemClock } from "./start.js";
import { ConfigurationError } from "./configuration-error.js";
// src/aws/sdk/role-credentials.ts
/** What every role lends, unless its owner said more. */
const durationSeconds = 3600;
/** The SDK asks for new ones when five minutes are left, and waits for them then: it finds them ready. */
const renewBeforeMs = 6e5;
/** After a renewal that failed, the old ones serve on until the next try. */
const tryAgainMs = 3e4;
/** Rejects with `AwsCallError` of kind `credentials` or `access-denied` where there are none. */
function roleCredentials(settings, ports) {
	const { clock } = ports;
	let held;
	let renewal;
	let notBefore = Number.NEGATIVE_INFINITY;
	const left = () => held === void 0 ? 0 : held.expiration.getTime() - clock.now();
	const renew = async () => {
		try {
			held = await assume(settings, ports);
			return held;
		} catch (error) {
			notBefore = clock.now() + tryAgainMs;
			if (held !== void 0 && left() > 0) return held;
			throw error;
		} finally {
			renewal = void 0;
		}
	};
	return () => {
		if (held !== void 0 && (left() > renewBeforeMs || left() > 0 && clock.now() < notBefore)) return Promise.resolve(held);
		renewal ??= renew();
		return renewal;
	};
}
const operation = "sts:AssumeRoleWithWebIdentity";
async function assume({ roleArn, sessionName }, ports) {
	const token = await ports.idToken();
	if (!token.ok) throw new AwsCallError(operation, "NoIdentityToken", `${token.reason}.`, "credentials");
	ports.mask(token.token);
	const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = (await withRetries(ports.sts, ports).call("sts:AssumeRoleWithWebIdentity", {
		RoleArn: roleArn,
		RoleSessionName: sessionName,
		WebIdentityToken: token.token,
		DurationSeconds: durationSeconds
	})).Credentials ?? {};
	if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === void 0) throw new AwsCallError(operation, "NoCredentials", "The answer holds no credentials.", "credentials");
	for (const secret of [SecretAccessKey, SessionToken]) ports.mask(secret);
	return {
		accessKeyId: AccessKeyId,
		secretAccessKey: SecretAccessKey,
		sessionToken: SessionToken,
		expiration: Expiration
	};
}
/** `ips-deploy-4711-1`, of whatever the run is called. */
function sessionNameOf(runId, runAttempt) {
	return [
		"ips-deploy",
		runId,
		runAttempt
	].filter((each) => each !== "").join("-").replace(/[^\w+=,.@-]/g, "-").slice(0, 64);
}
// src/main/role.ts
/** Credentials of the role that an action was told to assume; fails at once where it cannot. */
const audience = "sts.amazonaws.com";
/** Rejects with `ConfigurationError`. */
async function credentialsOf(roleArn, { runId, runAttempt }, runner, environment) {
	const credentials = roleCredentials({
		roleArn,
		sessionName: sessionNameOf(runId, runAttempt)
	}, {
		sts: callerOver({ sts: async (settings) => (await import("./sts.js")).createStsClient(settings) }),
		clock: systemClock,
		random: Math.random,
		idToken: () => requestIdToken(environment, audience, { clock: systemClock }),
		mask: (secret) => runner.mask(secret)
	});
	try {
		const { expiration } = await credentials();
		runner.debug(`Assumed ${roleArn}, for now until ${expiration.toISOString()}.`);
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		const help = error.kind === "access-denied" ? " Its trust policy has to accept this repository and environment (docs/iam has it)." : "";
		throw new ConfigurationError("role-not-assumed", `${roleArn} could not be assumed: ${error.reason}${help} Nothing was changed.`);
	}
	return credentials;
}
export { credentialsOf };
