"""The manners of the Management Node towards any request: who may ask, and what is said to a path or method it lacks.

| request | answer |
|---|---|
| without the right name and password | 401 |
| what the account's role does not name | 403, empty |
| a path that exists with a slash at its end, without it | 301 to the one with it (or 404, by a knob) |
| a resource of the platform that the mock does not play | 501 with a sentence |
| any other unknown path | 404, empty |
| a method the path does not have | 405, empty, with Allow |
"""

from aiohttp import web

from pexip_mock.accounts import Standing
from pexip_mock.front import Handler, basic_credentials, route_of
from pexip_mock.live import Platform
from pexip_mock.operations import ADMIN, routed
from pexip_mock.refusal import Refusal
from pexip_mock.wire import answer

_CONFIGURED = (
    "adfs_auth_server adfs_auth_server_domain authentication autobackup azure_tenant break_in_allow_list_address "
    "ca_certificate certificate_signing_request conference_sync_template diagnostic_graphs dns_server exchange_domain "
    "external_webapp_host gms_access_token gms_gateway_token google_auth_server google_auth_server_domain "
    "h323_gatekeeper http_proxy identity_provider identity_provider_attribute identity_provider_group ldap_role "
    "ldap_sync_field ldap_sync_source licence licence_request log_level management_vm media_library_entry "
    "media_library_playlist media_library_playlist_entry media_processing_server mjx_endpoint mjx_endpoint_group "
    "mjx_exchange_autodiscover_url mjx_exchange_deployment mjx_google_deployment mjx_graph_deployment mjx_integration "
    "mjx_meeting_processing_rule ms_exchange_connector mssip_proxy ntp_server permission recurring_conference "
    "registration role_mapping scheduled_alias scheduled_conference scheduled_scaling sip_credential sip_proxy "
    "smtp_server snmp_network_management_system software_bundle software_bundle_revision ssh_authorized_key "
    "static_route stun_server syslog_server system_backup teams_proxy telehealth_profile tls_certificate trusted_join "
    "trusted_join_zoom_account turn_server upgrade upgrade_request user_group user_group_entity_mapping webapp_alias "
    "webapp_branding"
)
_REPORTED = (
    "backplane backup_request cloud_monitored_location cloud_node cloud_overflow_location conference_sync "
    "exchange_scheduler mjx_endpoint mjx_meeting scheduling_operation snapshot_request teamsnode teamsnode_call "
    "teamsnodedsc"
)
_REMEMBERED = "backplane backplane_media_stream media_stream registration_alias workervm_status_event"
NOT_PLAYED = {
    f"{ADMIN}/{family}/v1/{name}"
    for family, names in (("configuration", _CONFIGURED), ("status", _REPORTED), ("history", _REMEMBERED))
    for name in names.split()
}
NOT_PLAYED_WITHIN = {
    ("status", "worker_vm", "statistics"),
    ("status", "system_location", "statistics"),
    ("history", "participant", "media_stream"),
}


class Manners:
    """The middleware of the Management Node; the mock's own paths pass untouched."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @staticmethod
    def routes() -> list[web.RouteDef]:
        """Paths of no API."""
        return [web.post("/oauth/token/", _no_oauth)]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Serve one request as far as it is known."""
        if not request.path.startswith("/api/"):
            return await handler(request)
        match self._platform.accounts.standing(*basic_credentials(request), routed(request.method, route_of(request))):
            case Standing.UNKNOWN:
                return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="Management"'})
            case Standing.FORBIDDEN:
                return web.Response(status=403)
            case Standing.MAY:
                pass
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as wrong:
            return web.Response(status=405, headers={"Allow": ",".join(sorted(wrong.allowed_methods - {"HEAD"}))})
        except web.HTTPNotFound:
            return await self._unknown(request)

    async def _unknown(self, request: web.Request) -> web.Response:
        if not request.path.endswith("/"):
            asked = request.rel_url
            slashed = f"{asked.raw_path}/" + (f"?{asked.raw_query_string}" if asked.raw_query_string else "")
            found = await request.app.router.resolve(request.clone(rel_url=slashed))
            known = not isinstance(found.http_exception, web.HTTPNotFound)
            if known and self._platform.world.knobs.missing_slash_redirects:
                return web.Response(status=301, headers={"Location": slashed})
            return web.Response(status=404)
        parts = request.path.removeprefix(f"{ADMIN}/").split("/")
        if f"{ADMIN}/{'/'.join(parts[:3])}" in NOT_PLAYED:
            raise Refusal(501, f"This mock does not play {parts[2]} of the {parts[0]} API.")
        if (parts[0], *parts[2:5:2]) in NOT_PLAYED_WITHIN:
            raise Refusal(501, f"This mock does not play {parts[4]} of {parts[2]} in the {parts[0]} API.")
        return web.Response(status=404)


async def _no_oauth(_request: web.Request) -> web.StreamResponse:
    return answer({"error": "This mock signs nobody in by OAuth2: use Basic authentication."}, 501)
