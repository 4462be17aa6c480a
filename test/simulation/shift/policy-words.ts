/** What stands for the words of docs/iam in the region of the shifts. */
import { logGroup, repositoryName, topicName } from './permitted-scenarios.ts';
import { cluster } from './region.ts';

export const policyWords = {
  REGION: 'ap-south-1',
  ACCOUNT: '123456789012',
  CLUSTER: cluster,
  SERVICE: 'api-blue',
  GREEN_SERVICE: 'api-green',
  FAMILY: 'api',
  EXECUTION_ROLE: 'execution',
  TASK_ROLE: 'task',
  LOAD_BALANCER: 'api',
  LOG_GROUP: logGroup,
  REPOSITORY: repositoryName,
  TOPIC: topicName,
};
