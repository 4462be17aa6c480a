export { executeShift, startRun } from "./execute.js";
