import { callerOver } from "./sender.js";
// src/aws/sdk/caller.ts
/** What most actions call. Clients of single actions come from their entries: each is in the bundle of its own. */
const clients = {
	ecs: async (settings) => (await import("./ecs.js")).createEcsClient(settings),
	elasticloadbalancing: async (settings) => (await import("./elastic-load-balancing.js")).createElbClient(settings),
	cloudwatch: async (settings) => (await import("./cloudwatch.js")).createCloudWatchClient(settings),
	"application-autoscaling": async (settings) => (await import("./application-autoscaling.js")).createAutoScalingClient(settings),
	ecr: async (settings, region) => (await import("./ecr.js")).createEcrClient(region === void 0 ? settings : {
		...settings,
		region
	}),
	iam: async (settings) => (await import("./iam.js")).createIamClient(settings),
	logs: async (settings) => (await import("./logs.js")).createLogsClient(settings),
	secretsmanager: async (settings) => (await import("./secretsmanager.js")).createSecretsClient(settings),
	sns: async (settings) => (await import("./sns.js")).createSnsClient(settings),
	sts: async (settings) => (await import("./sts.js")).createStsClient(settings)
};
function createSdkCaller(given = {}, further = {}) {
	return callerOver({
		...clients,
		...further
	}, given);
}
export { createSdkCaller };
