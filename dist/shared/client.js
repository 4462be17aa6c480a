// src/aws/sdk/client.ts
/** Retries are the kit's (../retry.ts): the SDK makes one attempt. */
const clientSettings = { maxAttempts: 1 };
function createServiceClient(client, commands) {
	return { async send(operation, input, signal) {
		const Command = commands[operation];
		if (Command === void 0) throw new Error(`No command is bundled for ${operation}.`);
		return client.send(new Command(input), { abortSignal: signal });
	} };
}
export { clientSettings, createServiceClient };
