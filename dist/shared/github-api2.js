export { commentsPerPage, createGitHubApi, longestBody } from "./github-api.js";
