export { describeFailure, publish, tellFailure } from "./publish2.js";
