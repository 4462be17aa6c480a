import { AwsCallError } from "./call-error.js";
// src/aws/ecs-service.ts
/** The service as it is now, INACTIVE ones included; undefined where the cluster never had it. */
async function readService(aws, cluster, service, signal) {
	const found = (await aws.call("ecs:DescribeServices", {
		cluster,
		services: [service]
	}, signal)).services?.[0];
	return found === void 0 ? void 0 : toServiceFacts(found);
}
/** A cluster that is not there is as good an answer as a service that is not: undefined for both. */
async function readServiceOrNothing(aws, request, signal) {
	try {
		return await readService(aws, request.cluster, request.service, signal);
	} catch (error) {
		if (error instanceof AwsCallError && error.kind === "not-found") return void 0;
		throw error;
	}
}
/** Updates a service. The answer is ECS's own view right after the change. */
async function updateService(aws, change, signal) {
	const answer = await aws.call("ecs:UpdateService", change, signal);
	if (answer.service === void 0) throw new Error("ecs:UpdateService answered without a service.");
	return toServiceFacts(answer.service);
}
/** The newest deployment of a service. */
function newestDeployment(service) {
	return service.deployments.find((deployment) => deployment.status === "PRIMARY");
}
function toServiceFacts(service) {
	return {
		arn: service.serviceArn ?? "",
		name: service.serviceName ?? "",
		clusterArn: service.clusterArn ?? "",
		status: service.status ?? "",
		controller: service.deploymentController?.type ?? "ECS",
		strategy: service.deploymentConfiguration?.strategy ?? "ROLLING",
		schedulingStrategy: service.schedulingStrategy ?? "REPLICA",
		desiredCount: service.desiredCount ?? 0,
		runningCount: service.runningCount ?? 0,
		pendingCount: service.pendingCount ?? 0,
		taskDefinitionArn: service.taskDefinition ?? "",
		currentServiceDeploymentArn: service.currentServiceDeployment,
		deployments: (service.deployments ?? []).map((deployment) => ({
			id: deployment.id ?? "",
			status: deployment.status ?? "",
			taskDefinitionArn: deployment.taskDefinition ?? "",
			rolloutState: deployment.rolloutState,
			rolloutStateReason: deployment.rolloutStateReason,
			desiredCount: deployment.desiredCount ?? 0,
			runningCount: deployment.runningCount ?? 0,
			pendingCount: deployment.pendingCount ?? 0,
			failedTasks: deployment.failedTasks ?? 0,
			createdAt: deployment.createdAt?.getTime() ?? 0
		})),
		loadBalancers: (service.loadBalancers ?? []).flatMap((entry) => entry.targetGroupArn === void 0 ? [] : [{
			targetGroupArn: entry.targetGroupArn,
			containerName: entry.containerName ?? "",
			containerPort: entry.containerPort ?? 0
		}]),
		healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds ?? 0,
		deploymentConfiguration: service.deploymentConfiguration ?? {},
		launch: {
			launchType: service.launchType,
			capacityProviderStrategy: service.capacityProviderStrategy ?? [],
			platformVersion: service.platformVersion,
			networkConfiguration: service.networkConfiguration
		},
		events: (service.events ?? []).map((event) => ({
			id: event.id ?? "",
			at: event.createdAt?.getTime() ?? 0,
			message: event.message ?? ""
		}))
	};
}
export { newestDeployment, readService, readServiceOrNothing, toServiceFacts, updateService };
