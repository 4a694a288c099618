// Run by mongosh as an administrator: makes the replica set, then the users of users.json.
// Repeating it changes nothing but passwords, which are taken from the environment.
const fs = require("fs");
try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
}
while (!db.hello().isWritablePrimary) sleep(200);
const admin = db.getSiblingDB("admin");
for (const { user, password, roles } of JSON.parse(fs.readFileSync("/setup/users.json", "utf8"))) {
  const pwd = process.env[password];
  if (!pwd) throw new Error(`set ${password}`);
  if (admin.getUser(user)) admin.updateUser(user, { pwd, roles });
  else admin.createUser({ user, pwd, roles });
}
