"""Confirming at SNS that its topic may call us.

Nothing that arrives says where to go: the address is made of the topic that the configuration names, and of what came
only the token is taken, which is good for that topic or for nothing. So no caller can have vmrd ask an address of its
choice, nor subscribe it to a topic of its own. The token is a secret: it is in no log, and in no answer.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

TOPIC = re.compile(r"arn:(?P<partition>aws[\w-]*):sns:(?P<region>[a-z0-9-]+):\d{12}:[\w.-]{1,256}", re.ASCII)
TOKEN = re.compile(r"[A-Za-z0-9]{1,1000}", re.ASCII)
SERVICE = "https://sns.{region}.{domain}/"
_DOMAINS = {"aws-cn": "amazonaws.com.cn"}


def address(topic: str, token: str) -> str:
    """What SNS is asked to confirm a subscription. `topic`: as configured."""
    parts = TOPIC.fullmatch(topic)
    assert parts is not None
    service = SERVICE.format(region=parts["region"], domain=_DOMAINS.get(parts["partition"], "amazonaws.com"))
    return f"{service}?{urlencode({'Action': 'ConfirmSubscription', 'TopicArn': topic, 'Token': token})}"
