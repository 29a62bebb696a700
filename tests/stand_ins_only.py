"""Tests that hold with the stand-ins only, because they are about a stand-in itself: what it refuses, how it is made.

Everything else passes with whatever plugins SANDBOX_PLUGINS chooses: what rests on a convenience of a stand-in would be
found wrong by the first who deploys for real.
"""

AT_MOST = 12
"""As many as the project allows itself."""

STAND_INS_ONLY = {
    "conformance/language_host/test_running.py::test_of_pulumi_it_imports_the_protocol_only": (
        "It lists the Python modules that the stand-in imports."
    ),
    "conformance/language_host/test_running.py::test_a_program_ends_with_a_host_that_is_told_to_end": (
        "The released host leaves the program behind on SIGTERM, with which no engine ends it."
    ),
    "conformance/plugins/test_framework.py::test_a_plugin_prints_its_port_and_ends_quietly": (
        "A released plugin says on standard error that it was interrupted."
    ),
    "conformance/plugins/test_framework.py::test_of_pulumi_a_plugin_imports_the_protocol_only": (
        "It lists the Python modules that a stand-in imports."
    ),
    "conformance/plugins/test_framework.py::test_what_a_stand_in_does_not_play_is_refused_by_name": (
        "A released plugin has all resources."
    ),
    "conformance/plugins/test_kubernetes_objects.py::test_fields_that_the_released_schema_does_not_have_are_refused": (
        "The released plugin drops them, or leaves them to the API server, which drops them too."
    ),
    "conformance/plugins/test_outliving.py::test_a_plugin_outlives_its_engine_until_it_looks_for_it": (
        "A released plugin looks every five minutes, whatever SANDBOX_TIME_SCALE says."
    ),
    "conformance/plugins/test_outliving.py::test_azure_native_finishes_what_it_has_begun_without_its_engine": (
        "A released plugin waits for as long as ARM asks it to, and looks for its engine every five minutes."
    ),
    "conformance/plugins/test_random.py::test_inputs_that_it_does_not_have_are_refused": "The released plugin drops them.",
}
"""File below `tests` and name of a test -> why it can't be run with real plugins."""
