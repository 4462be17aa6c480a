export { isPrivate, judgeEntrance, mostRedirects } from "./judge-entrance.js";
