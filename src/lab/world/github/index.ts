export type { GitHubAnswer, GitHubRequest } from './api-answer.ts';
export { GitHubModel, type RepositorySettings, type TokenPermissions } from './github-model.ts';
export { githubIssuer, type JobIdentity, subjectOf } from './oidc.ts';
