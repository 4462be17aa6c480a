export { describeFailure, publish } from "./publish2.js";
