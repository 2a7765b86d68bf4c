"""CityFlow: a road network and a flow file (JSON) -> a scenario with trips."""

from signalsim.formats.cityflow.crossings import add_conflicts
from signalsim.formats.cityflow.files import Intersection, read_flow, read_roadnet
from signalsim.formats.cityflow.layout import Layout
from signalsim.formats.cityflow.lights import add_signals, read_signals
from signalsim.formats.cityflow.roads import add_movements, add_roads
from signalsim.formats.cityflow.trips import add_trips
from signalsim.formats.cityflow.vehicles import profile
from signalsim.formats.draft import Draft
from signalsim.formats.wheel import resolve


def read(name: str, *, roadnet: str, flow: str) -> Draft:
    """The scenario that two files of CityFlow make. Raises InputError."""
    net_path, flow_path = resolve(roadnet), resolve(flow)
    layout = Layout(net_path, read_roadnet(net_path))
    flows = read_flow(flow_path, set(layout.roads))
    vehicles = profile(flow_path, flows)
    signals = read_signals(layout)
    draft = Draft(
        name,
        description=f"CityFlow: {net_path.name} and {flow_path.name}.",
        time_zone="UTC",
        start="2000-01-01T00:00:00",
    )
    draft.guessed("date and time zone", "the files have none; simulated time 0 is 2000-01-01 00:00 UTC")
    draft.section("defaults", **vehicles.defaults)
    draft.section("source", description=f"CityFlow road network {net_path.name}, flow {flow_path.name}")
    ends = add_trips(draft, layout, flow_path, flows)
    add_roads(draft, layout, vehicles, set(signals), ends)
    groups = add_signals(draft, layout, signals, vehicles.speed_mps)
    add_movements(draft, layout, vehicles, groups)

    def together(node: Intersection, a: int, b: int) -> bool:
        return node.id not in signals or signals[node.id].shows_together(a, b)

    add_conflicts(draft, layout, together)
    return draft
