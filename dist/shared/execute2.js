export { eventLine, executeShift, startRun } from "./execute.js";
