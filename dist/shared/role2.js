export { credentialsOf } from "./role.js";
