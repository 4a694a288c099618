"""After a broker was lost with its data: have every event published again.

Services drop what they have handled; what they never got takes effect now. Needs the database's
address as an administrator in ENLACE_MONGO_URL. See docs/operating.md.
"""

import os
from datetime import UTC, datetime

from pymongo import MongoClient

PREFIX = os.environ.get("ENLACE_DATABASE_PREFIX", "enlace_")

with MongoClient(os.environ["ENLACE_MONGO_URL"]) as client:
    for name in client.list_database_names():
        if not name.startswith(PREFIX):
            continue
        for collection in client[name].list_collection_names():
            cases = client[name][collection]
            again = {"$set": {"published": 0, "relay_at": datetime.now(UTC)}}
            count = cases.update_many({"published": {"$exists": True}}, again).modified_count
            if count:
                print(f"{name}.{collection}: {count} cases")
